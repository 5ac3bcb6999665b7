import type { ScanHeader } from './messages.js'
import { bytesPerLine } from './messages.js'

/** The pixel bytes of the image file begin here; lines follow each other without gap. */
export const TIFF_PIXELS_AT = 8

/** TIFF 6.0, field types. */
const ASCII = 2
const SHORT = 3
const LONG = 4
const RATIONAL = 5
type Entry = { readonly tag: number; readonly type: number; readonly values: Buffer; readonly count: number }

const short = (tag: number, value: number): Entry => ({ tag, type: SHORT, count: 1, values: Buffer.from(Uint16Array.of(value).buffer) })
const long = (tag: number, value: number): Entry => ({ tag, type: LONG, count: 1, values: uint32(value) })
const ascii = (tag: number, text: string): Entry => {
  const values = Buffer.from(`${text}\0`, 'latin1')
  return { tag, type: ASCII, count: values.length, values }
}
/** Pixels a centimetre, from a pitch in nanometres. */
const resolution = (tag: number, pitchNm: number): Entry => ({ tag, type: RATIONAL, count: 1, values: Buffer.concat([uint32(10_000_000), uint32(pitchNm)]) })
const uint32 = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer)

/**
 * What makes a file of raw lines a grey TIFF (6.0, little-endian, one strip, uncompressed): 8 bytes before the pixels and
 * the directory after them. The same scan gives the same bytes, so that an image delivered twice is known as one.
 * @param serial of the digitizer; it stands in the image's description with the scan's id and the bits in use
 */
export function tiffAround(header: ScanHeader, lines: number, serial: string): { readonly head: Buffer; readonly tail: Buffer } {
  const pixelBytes = bytesPerLine(header) * lines
  const directoryAt = TIFF_PIXELS_AT + pixelBytes + (pixelBytes % 2)
  const known = header.samplePitchNm > 0 && header.linePitchNm > 0
  const entries: Entry[] = [
    long(256, header.width), long(257, lines), short(258, header.bits > 8 ? 16 : 8), short(259, 1), short(262, header.zeroIsWhite ? 0 : 1),
    ascii(270, `digitizer ${serial.replace(/[^\x20-\x7e]/g, '?')}, scan ${header.scanId}, ${header.bits} bits`),
    long(273, TIFF_PIXELS_AT), short(277, 1), long(278, lines), long(279, pixelBytes),
    ...(known ? [resolution(282, header.samplePitchNm), resolution(283, header.linePitchNm), short(296, 3)] : [])
  ]
  return {
    head: Buffer.concat([Buffer.from('II*\0', 'latin1'), uint32(directoryAt)]),
    tail: Buffer.concat([Buffer.alloc(pixelBytes % 2), directory(entries, directoryAt)])
  }
}

/** Entries sorted by tag; values longer than four bytes stand after them, on even offsets. */
function directory(entries: readonly Entry[], at: number): Buffer {
  const table = Buffer.alloc(2 + 12 * entries.length + 4)
  const extra: Buffer[] = []
  let extraAt = at + table.length
  table.writeUInt16LE(entries.length)
  entries.forEach(({ tag, type, values, count }, index) => {
    const place = 2 + 12 * index
    table.writeUInt16LE(tag, place)
    table.writeUInt16LE(type, place + 2)
    table.writeUInt32LE(count, place + 4)
    if (values.length <= 4) return void values.copy(table, place + 8)
    table.writeUInt32LE(extraAt, place + 8)
    const padded = Buffer.concat([values, Buffer.alloc(values.length % 2)])
    extra.push(padded)
    extraAt += padded.length
  })
  return Buffer.concat([table, ...extra])
}
