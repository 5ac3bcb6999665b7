import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The newest program of this name that this very test process started, if one runs. */
async function newestChild(name: string): Promise<number | undefined> {
  const found = await promisify(execFile)('pgrep', ['-n', '-P', String(process.pid), name]).catch(() => undefined)
  return found ? Number(found.stdout) : undefined
}

/** Kills the newest program of this name that this very test process started. */
export async function killChild(name: string): Promise<void> {
  const pid = await newestChild(name)
  if (pid === undefined) throw new Error(`${name} does not run`)
  process.kill(pid, 'SIGKILL')
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

const LONGEST_MS = 20_000

/** Kills a program of this name as soon as `halfway()`: it runs two milliseconds at a time, so that it does not get past that while it is looked for. */
export async function killChildWhen(name: string, halfway: () => boolean): Promise<void> {
  for (const end = performance.now() + LONGEST_MS; performance.now() < end;) {
    const pid = await newestChild(name)
    if (pid === undefined) continue
    while (signal(pid, 'SIGSTOP')) {
      if (halfway()) {
        signal(pid, 'SIGKILL')
        return
      }
      signal(pid, 'SIGCONT')
      for (const until = performance.now() + 2; performance.now() < until;) continue
      // An ended one answers signals until its parent, this process, has come round to it.
      await new Promise((resolve) => { setImmediate(resolve) })
    }
  }
  throw new Error(`${name} was never halfway`)
}
