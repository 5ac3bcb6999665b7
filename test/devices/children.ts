import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Kills the newest program of this name that this very test process started. */
export async function killChild(name: string): Promise<void> {
  const { stdout } = await promisify(execFile)('pgrep', ['-n', '-P', String(process.pid), name])
  process.kill(Number(stdout), 'SIGKILL')
}
