import { openObject } from './part10.js'

/** End of encapsulated Pixel Data: Sequence Delimitation Item (PS3.5 A.4), always little endian. */
const SEQUENCE_DELIMITER = Buffer.from([0xfe, 0xff, 0xdd, 0xe0])

/** So much of a file is enough to find its Pixel Data in all but odd objects. */
export const CUT_SHORT_HEAD_BYTES = 1024 * 1024

export type FileEnds = { readonly head: Buffer; readonly tail: Buffer; readonly size: number }

/** Whether bytes begin as DICOM does: with the prefix of Part 10, or with group 0002 or 0008 of a bare data set. */
export function beginsAsDicom(head: Buffer): boolean {
  if (head.length >= 132 && head.toString('latin1', 128, 132) === 'DICM') return true
  if (head.toString('latin1', 0, 4) === 'DICM') return true
  return head.length >= 8 && (head.readUInt16LE(0) === 0x0002 || head.readUInt16LE(0) === 0x0008)
}

/**
 * Whether a DICOM file says that more of it should be there: `head` holds its first `CUT_SHORT_HEAD_BYTES` (or all), `tail` its last bytes.
 * False where nobody can tell (deflated, Pixel Data far into the file).
 */
export function isCutShort({ head, tail, size }: FileEnds): boolean {
  const opened = openObject(head)
  if (!opened || opened.dataSet.bytes !== opened.meta.bytes) return false
  const { pixelData, damaged } = opened
  if (!pixelData) return damaged && head.length >= size
  return pixelData.declared === 0xffffffff ? !hasDelimiter(tail) : pixelData.offset + pixelData.declared > size
}

/** The item's tag and its length of zero. */
function hasDelimiter(tail: Buffer): boolean {
  const at = tail.lastIndexOf(SEQUENCE_DELIMITER)
  return at >= 0 && at + 8 <= tail.length
}
