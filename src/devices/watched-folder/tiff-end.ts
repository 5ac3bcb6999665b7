/** Reads `length` bytes at `position`; fewer where the file ends. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>

/** Bytes of one value by TIFF field type 1 to 12 (TIFF 6.0, section 2). */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
const OFFSETS: ReadonlySet<number> = new Set([273, 324])
const BYTE_COUNTS: ReadonlySet<number> = new Set([279, 325])
/** More strips or tiles, or more pages, than these are not looked at. */
const MAX_VALUES = 65_536
const MAX_PAGES = 64

type File = { readonly read: ReadAt; readonly size: number; readonly little: boolean }
type Field = { readonly tag: number; readonly type: number; readonly count: number; readonly at: number; readonly end: number }

/** Whether the header is that of a TIFF with 32-bit offsets. */
export const isTiff = (head: Buffer): boolean => ['II*\0', 'MM\0*'].includes(head.toString('latin1', 0, 4))

/** Whether a directory, a value or a strip of the TIFF lies beyond the end of the file. */
export async function isTiffCutShort(head: Buffer, size: number, read: ReadAt): Promise<boolean> {
  const file: File = { read, size, little: head[0] === 0x49 }
  let at = u32(file, head, 4)
  for (let page = 0; at !== 0 && page < MAX_PAGES; page++) {
    const next = await nextDirectory(file, at)
    if (next === undefined) return true
    at = next
  }
  return false
}

const u16 = ({ little }: File, bytes: Buffer, at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
const u32 = ({ little }: File, bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))

/** Where the next directory lies, 0 after the last; undefined when something of this one is not there yet. */
async function nextDirectory(file: File, at: number): Promise<number | undefined> {
  const counted = await file.read(at, 2)
  if (counted.length < 2) return undefined
  const entries = u16(file, counted, 0)
  const directory = await file.read(at + 2, entries * 12 + 4)
  if (directory.length < entries * 12 + 4) return undefined
  const fields = Array.from({ length: entries }, (_, index) => fieldAt(file, directory, { index, at: at + 2 }))
  if (fields.some(({ end }) => end > file.size)) return undefined
  const offsets = await valuesOf(file, fields.find(({ tag }) => OFFSETS.has(tag)))
  const counts = await valuesOf(file, fields.find(({ tag }) => BYTE_COUNTS.has(tag)))
  return offsets.some((offset, index) => offset + (counts[index] ?? 0) > file.size) ? undefined : u32(file, directory, entries * 12)
}

function fieldAt(file: File, directory: Buffer, { index, at }: { index: number; at: number }): Field {
  const start = index * 12
  const type = u16(file, directory, start + 2)
  const count = u32(file, directory, start + 4)
  const bytes = (TYPE_BYTES[type] ?? 0) * count
  const position = bytes <= 4 ? at + start + 8 : u32(file, directory, start + 8)
  return { tag: u16(file, directory, start), type, count, at: position, end: position + bytes }
}

async function valuesOf(file: File, field: Field | undefined): Promise<number[]> {
  if (!field || field.count > MAX_VALUES || (field.type !== 3 && field.type !== 4)) return []
  const width = field.type === 3 ? 2 : 4
  const bytes = await file.read(field.at, field.count * width)
  return Array.from({ length: Math.floor(bytes.length / width) }, (_, index) => (width === 2 ? u16(file, bytes, index * 2) : u32(file, bytes, index * 4)))
}
