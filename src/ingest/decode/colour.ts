import type { DataSet } from '../../dicom/codec.js'
import type { ImageModule } from './image-module.js'
import { paletteToRgb } from './palette.js'
import { fail, unsupportedPixels } from './problems.js'
import { as16, type RawFrame } from './raw-frame.js'

/** Colour frames to interleaved 8-bit RGB, one after the other. */
export function toRgb(dataSet: DataSet, image: ImageModule, frames: readonly RawFrame[]): Uint8Array {
  const shown = frames.map((frame) => (frame.samples === 1 ? paletteToRgb(dataSet, image, frame) : frameToRgb(frame, image)))
  return shown.length === 1 && shown[0] ? shown[0] : Buffer.concat(shown)
}

function frameToRgb(frame: RawFrame, image: ImageModule): Uint8Array {
  const bytes = frame.allocated === 8 ? frame.bytes : to8(frame, image.stored)
  const pixels = frame.columns * frame.rows
  if (/_42[02]$/.test(frame.photometric) && bytes.length < pixels * 3) return from422(bytes, pixels, frame.photometric)
  const interleaved = frame.planar ? interleave(bytes, pixels) : bytes
  if (frame.photometric === 'RGB') return interleaved.subarray(0, pixels * 3)
  if (frame.photometric.startsWith('YBR_PARTIAL')) return convert(interleaved, pixels, PARTIAL)
  if (frame.photometric.startsWith('YBR')) return convert(interleaved, pixels, FULL)
  if (frame.photometric.startsWith('MONOCHROME')) return interleaved.subarray(0, pixels * 3)
  return fail(unsupportedPixels(`photometric interpretation ${frame.photometric.slice(0, 16)}`))
}

/** The upper 8 of the stored bits. */
function to8(frame: RawFrame, stored: number): Uint8Array {
  const values = as16(frame.bytes)
  const shift = Math.max(0, Math.min(stored, 16) - 8)
  const out = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) out[i] = (values[i] as number) >> shift
  return out
}

function interleave(bytes: Uint8Array, pixels: number): Uint8Array {
  const out = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) {
    out[i * 3] = bytes[i] as number
    out[i * 3 + 1] = bytes[pixels + i] as number
    out[i * 3 + 2] = bytes[2 * pixels + i] as number
  }
  return out
}

/** Contributions of each byte to red, green and blue, in 1/65536, by table: multiplying 15 million samples takes too long. */
type Matrix = { readonly luma: Int32Array; readonly redCr: Int32Array; readonly greenCb: Int32Array; readonly greenCr: Int32Array; readonly blueCb: Int32Array }

const table = (factor: number, zero: number): Int32Array => Int32Array.from({ length: 256 }, (_, byte) => Math.round((byte - zero) * factor * 65536))

/** PS3.3 C.7.6.3.1.2: YBR_FULL is CCIR 601 over the full range, YBR_PARTIAL has luma 16..235 and chroma 16..240. */
const FULL: Matrix = { luma: table(1, 0), redCr: table(1.402, 128), greenCb: table(-0.344136, 128), greenCr: table(-0.714136, 128), blueCb: table(1.772, 128) }
const PARTIAL: Matrix = { luma: table(1.164383, 16), redCr: table(1.596027, 128), greenCb: table(-0.391762, 128), greenCr: table(-0.812968, 128), blueCb: table(2.017232, 128) }
const HALF = 32768

function convert(source: Uint8Array, pixels: number, matrix: Matrix): Uint8Array {
  const { luma, redCr, greenCb, greenCr, blueCb } = matrix
  const out = new Uint8ClampedArray(pixels * 3)
  for (let i = 0; i < pixels * 3; i += 3) {
    const y = (luma[source[i] as number] as number) + HALF
    const cb = source[i + 1] as number
    const cr = source[i + 2] as number
    out[i] = (y + (redCr[cr] as number)) >> 16
    out[i + 1] = (y + (greenCb[cb] as number) + (greenCr[cr] as number)) >> 16
    out[i + 2] = (y + (blueCb[cb] as number)) >> 16
  }
  return new Uint8Array(out.buffer)
}

/** Two luma samples, then the chroma pair they share (PS3.3 C.7.6.3.1.2, YBR_FULL_422). */
function from422(bytes: Uint8Array, pixels: number, photometric: string): Uint8Array {
  const full = new Uint8Array(pixels * 3)
  for (let i = 0, at = 0; i < pixels; i += 2, at += 4) {
    const cb = bytes[at + 2] ?? 128
    const cr = bytes[at + 3] ?? 128
    full.set([bytes[at] ?? 0, cb, cr], i * 3)
    if (i + 1 < pixels) full.set([bytes[at + 1] ?? 0, cb, cr], i * 3 + 3)
  }
  return convert(full, pixels, photometric.startsWith('YBR_PARTIAL') ? PARTIAL : FULL)
}
