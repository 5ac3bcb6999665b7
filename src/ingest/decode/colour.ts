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

type Matrix = { readonly y0: number; readonly y: number; readonly rv: number; readonly gu: number; readonly gv: number; readonly bu: number }

/** PS3.3 C.7.6.3.1.2: YBR_FULL is CCIR 601 over the full range, YBR_PARTIAL has luma 16..235 and chroma 16..240. */
const FULL: Matrix = { y0: 0, y: 1, rv: 1.402, gu: 0.344136, gv: 0.714136, bu: 1.772 }
const PARTIAL: Matrix = { y0: 16, y: 1.164383, rv: 1.596027, gu: 0.391762, gv: 0.812968, bu: 2.017232 }

function convert(source: Uint8Array, pixels: number, matrix: Matrix): Uint8Array {
  const out = new Uint8ClampedArray(pixels * 3)
  for (let i = 0; i < pixels * 3; i += 3) {
    const y = ((source[i] as number) - matrix.y0) * matrix.y
    const cb = (source[i + 1] as number) - 128
    const cr = (source[i + 2] as number) - 128
    out[i] = y + matrix.rv * cr
    out[i + 1] = y - matrix.gu * cb - matrix.gv * cr
    out[i + 2] = y + matrix.bu * cb
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
