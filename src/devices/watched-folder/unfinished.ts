import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { CUT_SHORT_HEAD_BYTES, beginsAsDicom, isCutShort } from '../../dicom/cut-short.js'
import type { SeenFile } from './scan.js'
import type { ReadAt } from './tiff-end.js'
import { isTiff, isTiffCutShort } from './tiff-end.js'

const HEAD_BYTES = 256
const TAIL_BYTES = 4096

type Ends = { readonly head: Buffer; readonly tail: Buffer; readonly size: number; readonly read: ReadAt }

/** A format that says where it ends, and whether that end is not there yet. */
const FORMATS: readonly { is(head: Buffer): boolean; isCut(ends: Ends): boolean | Promise<boolean> }[] = [
  { is: (head) => head.readUInt16BE(0) === 0xffd8, isCut: ({ tail }) => !tail.includes(Buffer.from([0xff, 0xd9])) },
  { is: (head) => head.readUInt32BE(0) === 0x89504e47, isCut: ({ tail }) => !tail.includes('IEND') },
  { is: (head) => head.toString('latin1', 0, 2) === 'BM', isCut: ({ head, size }) => head.readUInt32LE(2) > size },
  { is: isTiff, isCut: ({ head, size, read }) => isTiffCutShort(head, size, read) },
  { is: beginsAsDicom, isCut: async ({ tail, size, read }) => isCutShort({ head: await read(0, CUT_SHORT_HEAD_BYTES), tail, size }) }
]

/** A picture whose end is missing: its copy may have paused (a slow stick, a weak link) rather than ended. */
export async function looksUnfinished(file: Pick<SeenFile, 'path' | 'size'>): Promise<boolean> {
  const { size } = file
  if (size < 16) return false
  const source = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const read: ReadAt = async (position, length) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - position)))
    return bytes.subarray(0, (await source.read(bytes, 0, bytes.length, position)).bytesRead)
  }
  try {
    const head = await read(0, HEAD_BYTES)
    const format = FORMATS.find(({ is }) => is(head))
    return format ? await format.isCut({ head, size, read, tail: await read(Math.max(0, size - TAIL_BYTES), TAIL_BYTES) }) : false
  } finally {
    await source.close()
  }
}
