import type { DataSet } from '../../dicom/codec.js'
import type { DecodeLimits } from './limits.js'
import { absurdDimensions, fail, unsupportedPixels } from './problems.js'

/** The Image Pixel module (PS3.3 C.7.6.3), checked: what the stored samples are. */
export type ImageModule = {
  readonly columns: number
  readonly rows: number
  readonly frames: number
  readonly samples: 1 | 3
  readonly photometric: string
  readonly planar: boolean
  readonly allocated: 1 | 8 | 16 | 32
  readonly stored: number
  readonly highBit: number
  readonly signed: boolean
}

/**
 * Reads and checks the module; throws `DecodeError` with the reason. Missing but guessable attributes are guessed; `nativeBytes`, the length
 * of uncompressed Pixel Data, tells 16 bits from 8.
 */
export function readImageModule(dataSet: DataSet, limits: DecodeLimits, nativeBytes = 0): ImageModule {
  const columns = dataSet.number(0x00280011) ?? 0
  const rows = dataSet.number(0x00280010) ?? 0
  checkDimensions(columns, rows, limits)
  const samples = dataSet.number(0x00280002) ?? 1
  const frames = Math.max(1, Math.trunc(dataSet.number(0x00280008) ?? 1))
  const fits16 = nativeBytes >= columns * rows * samples * frames * 2
  const allocated = dataSet.number(0x00280100) ?? ((dataSet.number(0x00280101) ?? (fits16 ? 16 : 8)) > 8 ? 16 : 8)
  if (samples !== 1 && samples !== 3) fail(unsupportedPixels(`${samples} samples per pixel`))
  if (allocated !== 1 && allocated !== 8 && allocated !== 16 && allocated !== 32) fail(unsupportedPixels(`${allocated} bits allocated`))
  const stored = clampBits(dataSet.number(0x00280101), allocated)
  return {
    columns, rows, samples, allocated, stored, frames,
    photometric: dataSet.strings(0x00280004)[0]?.toUpperCase() ?? (samples === 3 ? 'RGB' : 'MONOCHROME2'),
    planar: samples === 3 && dataSet.number(0x00280006) === 1,
    highBit: Math.min(allocated - 1, Math.max(stored - 1, dataSet.number(0x00280102) ?? stored - 1)),
    signed: dataSet.number(0x00280103) === 1
  }
}

/** Throws when an image of this size must not be allocated. */
export function checkDimensions(columns: number, rows: number, limits: DecodeLimits): void {
  if (columns < 1 || rows < 1 || columns > 65535 || rows > 65535 || columns * rows > limits.maxPixels) fail(absurdDimensions(columns, rows))
}

const clampBits = (stored: number | undefined, allocated: number): number =>
  stored === undefined || stored < 1 || stored > allocated ? allocated : stored

/** Bytes of one uncompressed frame. */
export function frameBytes(image: ImageModule): number {
  const pixels = image.columns * image.rows
  if (image.allocated === 1) return Math.ceil(pixels / 8)
  const perPixel = /_42[02]$/.test(image.photometric) && image.samples === 3 ? 2 : image.samples
  return pixels * perPixel * (image.allocated / 8)
}
