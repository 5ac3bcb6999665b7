import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { SeenFile } from './scan.js'

const TAIL_BYTES = 4096

type Ends = { readonly head: Buffer; readonly tail: Buffer; readonly size: number }

/** Formats that say where they end: true when the end is not there yet. Others (DICOM, TIFF) can't be told. */
const CHECKS: readonly ((ends: Ends) => boolean)[] = [
  ({ head, tail }) => head.readUInt16BE(0) === 0xffd8 && !tail.includes(Buffer.from([0xff, 0xd9])),
  ({ head, tail }) => head.readUInt32BE(0) === 0x89504e47 && !tail.includes('IEND'),
  ({ head, size }) => head.toString('latin1', 0, 2) === 'BM' && head.readUInt32LE(2) > size
]

/** A picture whose end is missing: its copy may have paused (a slow stick, a weak link) rather than ended. */
export async function looksUnfinished(file: Pick<SeenFile, 'path' | 'size'>): Promise<boolean> {
  if (file.size < 16) return false
  const source = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const head = Buffer.alloc(16)
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, file.size))
    await source.read(head, 0, head.length, 0)
    await source.read(tail, 0, tail.length, file.size - tail.length)
    return CHECKS.some((check) => check({ head, tail, size: file.size }))
  } finally {
    await source.close()
  }
}
