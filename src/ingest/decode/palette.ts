import type { DataSet } from '../../dicom/codec.js'
import type { ImageModule } from './image-module.js'
import { readEntries } from './lut.js'
import { fail, unsupportedPixels } from './problems.js'
import { as16, type RawFrame } from './raw-frame.js'
import { expandSegments } from './segmented-palette.js'

type Channel = { readonly first: number; readonly values: Uint8Array }

/** Red, green and blue: descriptor, data and segmented data (PS3.3 C.7.6.3.1.5, C.7.9.2). */
const CHANNELS = [
  { descriptor: 0x00281101, data: 0x00281201, segmented: 0x00281221 },
  { descriptor: 0x00281102, data: 0x00281202, segmented: 0x00281222 },
  { descriptor: 0x00281103, data: 0x00281203, segmented: 0x00281223 }
] as const

/** PALETTE COLOR to RGB through one combined table. */
export function paletteToRgb(dataSet: DataSet, image: ImageModule, frame: RawFrame): Uint8Array {
  const channels = CHANNELS.map((tags) => readChannel(dataSet, tags))
  const values = frame.allocated === 8 ? frame.bytes : as16(frame.bytes)
  const size = 2 ** Math.min(16, image.stored)
  const table = new Uint8Array(size * 3)
  for (let stored = 0; stored < size; stored++) {
    const value = image.signed && stored >= size / 2 ? stored - size : stored
    channels.forEach(({ first, values: entries }, channel) => {
      table[stored * 3 + channel] = entries[Math.min(entries.length - 1, Math.max(0, value - first))] ?? 0
    })
  }
  const out = new Uint8Array(frame.columns * frame.rows * 3)
  for (let i = 0, at = 0; at < out.length; i++, at += 3) {
    const entry = ((values[i] as number) & (size - 1)) * 3
    out[at] = table[entry] as number
    out[at + 1] = table[entry + 1] as number
    out[at + 2] = table[entry + 2] as number
  }
  return out
}

function readChannel(dataSet: DataSet, tags: (typeof CHANNELS)[number]): Channel {
  const [entries = 0, first = 0, bits = 16] = dataSet.numbers(tags.descriptor)
  const count = entries === 0 ? 65536 : entries
  const { bigEndian } = dataSet.encoding
  const plain = dataSet.raw(tags.data)
  const segmented = dataSet.raw(tags.segmented)
  if (plain.length === 0 && segmented.length === 0) fail(unsupportedPixels('PALETTE COLOR without a palette'))
  const values = plain.length > 0 ? readEntries(plain, count, bigEndian) : expandSegments(segmented, { count, wide: bits > 8, bigEndian })
  const largest = values.reduce((most, value) => Math.max(most, value), 0)
  const shift = largest > 255 ? 8 : 0
  return { first: first > 32767 ? first - 65536 : first, values: Uint8Array.from(values, (value) => value >> shift) }
}
