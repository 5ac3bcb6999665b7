import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno, writeNewFile } from '../platform/durable-fs.js'

/** Two services on one data folder would overwrite each other. */
export class FolderInUseError extends Error {
  readonly code = 'data-folder-in-use'
  constructor(pid: number) {
    super(`Another Screenpost (process ${pid}) uses this data folder. Stop it first, or give this one a folder of its own.`)
  }
}

type Holder = { readonly pid: number; readonly identity: string }

/**
 * Writes `<root>/lock` naming this process; returns what removes it. A lock of a process that has ended (also before
 * a power cut: boot and start time are compared, not only the number) is taken over. Without /proc nothing is checked.
 * @throws FolderInUseError
 */
export async function lockFolder(root: string): Promise<() => Promise<void>> {
  const path = join(root, 'lock')
  const holder = await readHolder(path)
  if (holder?.identity && holder.pid !== process.pid && (await identityOf(holder.pid)) === holder.identity) throw new FolderInUseError(holder.pid)
  await rm(path, { force: true })
  await writeNewFile(path, JSON.stringify({ pid: process.pid, identity: await identityOf(process.pid) } satisfies Partial<Holder>))
    .catch((error: unknown) => { if (!isErrno(error, 'EEXIST', 'ENOSPC')) throw error })
  return () => rm(path, { force: true })
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Boot id and start time: together with the number they name a process for ever (proc(5)). */
async function identityOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8')])
    return `${boot.trim()}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return undefined
  }
}
