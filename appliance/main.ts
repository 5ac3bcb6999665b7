#!/usr/bin/env node
import { runCli } from '../src/cli/main.js'

// For the reader and the other children: glibc otherwise keeps an arena for each thread of the decoders, 45 MB in all (mallopt(3)).
process.env.MALLOC_ARENA_MAX ??= '2'

// Whoever read the output has gone (`| head`, a closed terminal): a command ends as by SIGPIPE, without a trace; the service works on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => { if (process.argv[2] !== 'serve') process.exit(141) })

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process
})
