import { readFile } from 'node:fs/promises'

/** Resident megabytes of a process on Linux (proc(5), VmRSS), asked from outside because a busy process can't answer; undefined elsewhere. */
export async function residentMb(pid: number): Promise<number | undefined> {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'latin1')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  } catch {
    return undefined
  }
}
