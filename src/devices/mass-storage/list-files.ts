import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { lstat, opendir, statfs } from 'node:fs/promises'
import { isErrno } from '../../platform/durable-fs.js'

/** A picture on a medium. The path is bytes, relative to the medium: names need not be UTF-8. */
export type MediumFile = {
  readonly key: string
  /** By which it may be known another time, where its own time depends on the zone that the medium was mounted for. */
  readonly otherKey?: string
  readonly path: Buffer
  readonly bytes: number
  /** The moment, also where the medium keeps no time zone. */
  readonly modifiedMs: number
  /** Size and times to the nanosecond, and which file it is. */
  readonly signature: string
}

export type Listing = {
  /** Newest first. */
  readonly files: readonly MediumFile[]
  readonly byKey: ReadonlyMap<string, MediumFile>
  /** Files that are no pictures. */
  readonly others: number
  readonly truncated: boolean
}

const MAX_DEPTH = 12
const SEPARATOR = Buffer.from('/')
/** What ingest recognises; DICOM files often have a number or a UID for a name. */
const PICTURE = /\.(jpe?g|jpe|png|tiff?|bmp|dcm|dicom|dic|ima)$/i
const NO_EXTENSION = /^[^.]+$|^[\d.]+$/
/** Rubbish bins and indexes that operating systems leave on sticks. */
const SYSTEM = /^(\.|System Volume Information$|\$RECYCLE\.BIN$|RECYCLER$|LOST\.DIR$|found\.\d+$|DICOMDIR$|Thumbs\.db$)/i

/** MSDOS_SUPER_MAGIC of statfs(2), which vfat has too. */
const FAT = 0x4d44

/** EXFAT_SUPER_MAGIC of statfs(2). */
const EXFAT = 0x2011bab0

/** How far the kernel was told, when the medium was mounted, that a time without a zone is ahead of UTC (`appliance/libexec/medium`). */
export const aheadMsOf = async (root: Buffer): Promise<number> => ((await statfs(root)).type === EXFAT ? -60_000 * new Date().getTimezoneOffset() : 0)

/** Whether the file system keeps what the camera's clock shows and no time zone. It is mounted as if that were UTC (`appliance/libexec/medium`). */
export const keepsWallTime = async (root: Buffer): Promise<boolean> => (await statfs(root)).type === FAT

/** The moment at which the clinic's clock on the wall shows what `ms` shows in UTC. */
function momentOfWallTime(ms: number): number {
  const shown = new Date(ms)
  return new Date(shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate(), shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds(), shown.getUTCMilliseconds()).getTime()
}

export type ListOptions = { readonly most: number; readonly signal: AbortSignal; readonly isWallTime?: boolean; readonly aheadMs?: number; /** Whether a file of that key was imported or is to be. */ readonly isKnown?: (key: string) => boolean }

/** Pictures below the medium; symbolic links, hidden files and system folders are left alone. Stops at `most` files. @throws when the medium itself can't be read */
export async function listFiles(root: Buffer, { most, signal, isWallTime = false, aheadMs = 0, isKnown = () => false }: ListOptions): Promise<Listing> {
  const walk: Walk = { root, most, signal, isWallTime, aheadMs, isKnown, seen: 0, others: 0, truncated: false, files: [] }
  await listInto(walk, Buffer.alloc(0), 0)
  const files = walk.files.sort((a, b) => b.modifiedMs - a.modifiedMs || Buffer.compare(a.path, b.path))
  return { files, byKey: new Map(files.map((file) => [file.key, file])), others: walk.others, truncated: walk.truncated }
}

type Walk = Required<ListOptions> & { readonly root: Buffer; seen: number; others: number; truncated: boolean; readonly files: MediumFile[] }

async function listInto(walk: Walk, folder: Buffer, depth: number): Promise<void> {
  const folders: Buffer[] = []
  const here = absolute(walk.root, folder)
  try {
    // The declared types know names as text only; asked for as 'buffer' they are bytes (node documentation of fs.opendir).
    for await (const entry of await opendir(here as unknown as string, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })) {
      if (walk.signal.aborted) return
      const bytes = entry.name as unknown as Buffer
      const name = bytes.toString('utf8')
      if (SYSTEM.test(name)) continue
      const path = folder.length === 0 ? bytes : Buffer.concat([folder, SEPARATOR, bytes])
      if (entry.isDirectory() && depth < MAX_DEPTH) folders.push(path)
      else if (entry.isFile() && !(await addFile(walk, path, name))) return
    }
  } catch (error) {
    if (depth === 0) throw error
  }
  for (const each of folders) await listInto(walk, each, depth + 1)
}

/** False when no more files are to be looked at. */
async function addFile(walk: Walk, path: Buffer, name: string): Promise<boolean> {
  if (walk.seen >= walk.most) walk.truncated = true
  if (walk.truncated) return false
  walk.seen += 1
  if (!PICTURE.test(name) && !NO_EXTENSION.test(name)) walk.others += 1
  else {
    const file = await describe(walk, path)
    if (file) walk.files.push(file)
  }
  return true
}

async function describe(walk: Walk, path: Buffer): Promise<MediumFile | undefined> {
  try {
    const stat = await lstat(absolute(walk.root, path), { bigint: true })
    const modifiedMs = walk.isWallTime ? momentOfWallTime(Number(stat.mtimeMs)) : Number(stat.mtimeMs)
    return stat.isFile() ? { ...keysOf(walk, path, stat), path, bytes: Number(stat.size), modifiedMs, signature: signatureOf(stat) } : undefined
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'EIO')) return undefined
    throw error
  }
}

/**
 * exFAT keeps a zone with some times: those are moments, the same whenever it is mounted. Of the others what the camera's clock showed is the same; their moment
 * is another one after the clocks were put forward. Nobody knows which kind a time is, so that both count.
 */
function keysOf({ aheadMs, isKnown }: Walk, path: Buffer, { size, mtimeNs }: BigIntStats): Pick<MediumFile, 'key' | 'otherKey'> {
  const [shown, moment] = [keyOf(path, size, mtimeNs + BigInt(aheadMs) * 1_000_000n), keyOf(path, size, mtimeNs)]
  if (shown === moment) return { key: moment }
  return isKnown(moment) && !isKnown(shown) ? { key: moment, otherKey: shown } : { key: shown, otherKey: moment }
}

/** The same after the medium was pulled and put back: inode numbers of FAT are not. */
const keyOf = (path: Buffer, size: bigint, mtimeNs: bigint): string =>
  createHash('sha256').update(path).update(`\0${size}\0${mtimeNs}`).digest('hex').slice(0, 16)

/** Which file, of which size and age. */
export const signatureOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string => `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`

/** Where a file of the medium lies. */
export const absolute = (root: Buffer, path: Buffer): Buffer => (path.length === 0 ? root : Buffer.concat([root, SEPARATOR, path]))
