import type { DataSet } from '../../dicom/codec.js'
import type { QualityReason } from '../../domain/finding.js'
import type { ImageModule } from './image-module.js'
import type { RawFrame } from './raw-frame.js'
import { readVoi, voiFunction, type Voi } from './voi.js'

/** 32-bit greys (doses, some processing results): too many values for a table, so each pixel is computed. */
export function deepGreyFrames(dataSet: DataSet, image: ImageModule, frames: readonly RawFrame[]): { data: Uint8Array; notes: QualityReason[] } {
  const slope = dataSet.number(0x00281053) || 1
  const intercept = dataSet.number(0x00281052) ?? 0
  const values = frames.map((frame) => valuesOf(frame, image.signed).map((value) => value * slope + intercept))
  const show = voiFunction(readVoi(dataSet, image.signed) ?? rangeOf(values))
  const out = new Uint8ClampedArray(values.reduce((sum, frame) => sum + frame.length, 0))
  let at = 0
  for (const frame of values) {
    for (const value of frame) out[at++] = image.photometric === 'MONOCHROME1' ? 255 - show(value) : show(value)
  }
  return { data: new Uint8Array(out.buffer), notes: [] }
}

function valuesOf(frame: RawFrame, signed: boolean): Float64Array {
  const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.byteLength)
  return Float64Array.from({ length: frame.columns * frame.rows }, (_, i) => (signed ? view.getInt32(i * 4, true) : view.getUint32(i * 4, true)))
}

function rangeOf(values: readonly Float64Array[]): Voi {
  const step = Math.max(1, Math.floor((values[0]?.length ?? 0) / 100_000))
  const some = values.flatMap((frame) => Array.from(frame).filter((_, i) => i % step === 0)).sort((a, b) => a - b)
  const at = (share: number): number => some[Math.min(some.length - 1, Math.floor(share * some.length))] ?? 0
  return { kind: 'range', low: at(0.005), high: at(0.995) }
}
