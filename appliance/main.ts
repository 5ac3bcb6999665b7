#!/usr/bin/env node
import { runCli } from '../src/cli/main.js'

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process
})
