import type { BigIntStats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { isErrno } from '../../platform/durable-fs.js'

/** A regular file as seen by one scan. The path is bytes: names need not be UTF-8. */
export type SeenFile = {
  readonly path: Buffer
  /** Name without folders, for people. */
  readonly name: string
  readonly size: number
  /** Which file, whatever becomes of its content. */
  readonly identity: string
  /** Changes whenever content or identity of the file does. */
  readonly signature: string
  readonly modifiedMs: number
  /** Last change of content or name by the system's clock, milliseconds. */
  readonly changedMs: number
}

const SEPARATOR = Buffer.from('/')
const isIgnored = (name: string): boolean => name.startsWith('.') || /\.(part|tmp|crdownload|filepart)$/i.test(name)

/** Every regular file below the folder, oldest first; dot files, unfinished downloads and symbolic links are left alone. @throws when the folder itself can't be read */
export async function scanFolder(folder: string): Promise<SeenFile[]> {
  const found: SeenFile[] = []
  await scanInto(found, Buffer.from(folder), 0)
  return found.sort((a, b) => a.modifiedMs - b.modifiedMs)
}

const MAX_DEPTH = 16

async function scanInto(found: SeenFile[], folder: Buffer, depth: number): Promise<void> {
  const entries = await readdir(folder, { encoding: 'buffer', withFileTypes: true }).catch((error: unknown) => {
    if (depth === 0) throw error
    return []
  })
  for (const entry of entries) {
    const bytes = entry.name as unknown as Buffer
    const name = bytes.toString('utf8')
    if (isIgnored(name)) continue
    const path = Buffer.concat([folder, SEPARATOR, bytes])
    if (entry.isDirectory() && depth < MAX_DEPTH) await scanInto(found, path, depth + 1)
    else if (entry.isFile()) await addFile(found, path, name)
  }
}

async function addFile(found: SeenFile[], path: Buffer, name: string): Promise<void> {
  try {
    const stat = await lstat(path, { bigint: true })
    found.push({ path, name, size: Number(stat.size), modifiedMs: Number(stat.mtimeMs), changedMs: Number(stat.ctimeMs), identity: `${stat.dev}:${stat.ino}`, signature: sign(stat) })
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error
  }
}

/** Device, inode, size and times to the nanosecond. */
const sign = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string => `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`

/** The signature now, to compare with that of a scan. @throws when the file is gone */
export const signatureOf = async (path: Buffer): Promise<string> => sign(await lstat(path, { bigint: true }))
