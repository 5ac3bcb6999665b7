import type { DataSet } from '../../dicom/codec.js'

/** A look-up table of the standard (PS3.3 C.11.1.1): entries from `first` on, ends repeated; `top` is its largest possible value. */
export type Lut = { at(value: number): number; readonly top: number }

/** Reads a table from its descriptor (entries, first value mapped, bits) and data; undefined when absent or empty. `signed`: the input is, and so is the first value mapped. */
export function readLut(item: DataSet, tags: { descriptor: number; data: number; signed: boolean }): Lut | undefined {
  const [entries = 0, first = 0, bits = 16] = item.numbers(tags.descriptor)
  const raw = item.raw(tags.data)
  const count = entries === 0 ? 65536 : entries
  if (raw.length < 2) return undefined
  const values = readEntries(raw, count, item.encoding.bigEndian)
  const start = tags.signed && first > 32767 ? first - 65536 : first
  const top = Math.max(2 ** Math.min(16, Math.max(8, bits)) - 1, 1)
  const largest = values.reduce((most, value) => Math.max(most, value), 0)
  // Some devices say 16 bits and fill 12: their brightest entry is white.
  return { at: (value) => values[Math.min(values.length - 1, Math.max(0, Math.round(value - start)))] ?? 0, top: largest > top || largest < top / 2 ? Math.max(1, largest) : top }
}

/** 16-bit entries, or 8-bit ones where the data is only as long as the count. */
export function readEntries(raw: Buffer, count: number, bigEndian: boolean): Uint16Array {
  if (raw.length < count * 2 && raw.length >= count) return Uint16Array.from(raw.subarray(0, count))
  const entries = Math.min(count, Math.floor(raw.length / 2))
  return Uint16Array.from({ length: entries }, (_, i) => (bigEndian ? raw.readUInt16BE(i * 2) : raw.readUInt16LE(i * 2)))
}
