import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { packageRoot } from '../../src/cli/host.js'

/** What the figures were taken on; the load tells how alone the run was. */
export type Machine = {
  readonly cpu: string; readonly cores: number; readonly memoryMb: number; readonly kernel: string; readonly node: string
  readonly commit: string; readonly loadBefore: number; readonly at: string
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, memoryMb: Math.round(totalmem() / 1048576), kernel: release(),
    node: process.version, commit: commitOf(packageRoot), loadBefore: loadavg()[0] ?? 0, at: new Date().toISOString()
  }
}

function commitOf(folder: string): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
