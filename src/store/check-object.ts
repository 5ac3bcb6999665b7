import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import type { StoredObject } from '../domain/study.js'
import { isErrno } from '../platform/durable-fs.js'
import { isDiskFault } from './disk-fault.js'

/** good: bit for bit as received. damaged: other bytes, or the disk can't read them. missing: no such file. */
export type ObjectCondition = 'good' | 'damaged' | 'missing'

const CHUNK_BYTES = 256 * 1024

/** How many bytes were read since the last call; may wait, which slows the reading. */
export type Pace = (bytes: number) => Promise<void>

/** SHA-256 (hex) and size of a file, read in pieces so that others run between them. */
export async function hashFile(path: string, pace: Pace = breathe as () => Promise<void>): Promise<{ sha256: string; bytes: number }> {
  const file = await open(path, 'r')
  try {
    const hash = createHash('sha256')
    // A thousand small pictures in a row would leave hundreds of megabytes for the garbage collector.
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, (await file.stat()).size + 1))
    let bytes = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length)
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes }
      hash.update(buffer.subarray(0, bytesRead))
      bytes += bytesRead
      await pace(bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Compares an object's file with what its document says of it. */
export async function checkObject(path: string, object: Pick<StoredObject, 'sha256' | 'bytes'>, pace?: Pace): Promise<ObjectCondition> {
  try {
    const found = await hashFile(path, pace)
    return found.sha256 === object.sha256 && found.bytes === object.bytes ? 'good' : 'damaged'
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'missing'
    if (isDiskFault(error)) return 'damaged'
    throw error
  }
}
