import { readFile } from 'node:fs/promises'

const PAGE_BYTES = 4096

/** Resident megabytes of a process on Linux (proc(5), statm), asked from outside because a busy process can't answer; undefined elsewhere. */
export async function residentMb(pid: number): Promise<number | undefined> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1])
    return Number.isFinite(pages) ? (pages * PAGE_BYTES) / 2 ** 20 : undefined
  } catch {
    return undefined
  }
}
