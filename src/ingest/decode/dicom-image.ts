import type { QualityReason } from '../../domain/finding.js'
import type { DicomFacts, Pixels } from '../../domain/image-content.js'
import { factsOf, openObject, type OpenedObject } from '../../dicom/codec.js'
import { toRgb } from './colour.js'
import { frameSource } from './frames.js'
import { toGrey } from './grey.js'
import { checkDimensions, readImageModule, type ImageModule } from './image-module.js'
import type { DecodeLimits } from './limits.js'
import { NOTES } from './notes.js'
import { DecodeError, fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'

export type DecodedDicom = { readonly pixels: Pixels; readonly dicom: DicomFacts; readonly notes: readonly QualityReason[] }

/** Of encapsulated Pixel Data (PS3.5 A.4). */
const UNDEFINED_LENGTH = 0xffffffff

/** Decodes a DICOM object; throws `DecodeError` with the reason when it has no readable picture. */
export async function decodeDicom(bytes: Buffer, limits: DecodeLimits): Promise<DecodedDicom> {
  const object = openObject(bytes)
  if (!object || object.dataSet.elements.size === 0) fail(PROBLEMS.badDicom)
  if (!object.pixelData || object.pixelData.tag !== 0x7fe00010) fail(object.damaged ? PROBLEMS.truncated : PROBLEMS.noPixelData)
  if (object.pixelData.declared === 0) fail(PROBLEMS.noPixelData)
  const image = readImageModule(object.dataSet, limits, object.pixelData.declared === UNDEFINED_LENGTH ? 0 : object.pixelData.length)
  const { frames, notes } = await readFrames(object, image, limits)
  const grey = frames[0]?.samples === 1 && frames[0].photometric !== 'PALETTE COLOR'
  const shown = grey ? toGrey(object.dataSet, image, frames) : { data: toRgb(object.dataSet, image, frames), notes: [] }
  const first = frames[0] ?? fail(PROBLEMS.damagedPixels)
  const pixels: Pixels = { width: first.columns, height: first.rows, channels: grey ? 1 : 3, frames: frames.length, data: shown.data }
  return { pixels, dicom: factsOf(object), notes: [...notes, ...shown.notes] }
}

type Read = { frames: RawFrame[]; notes: QualityReason[] }

/** Decodes the chosen frames; of several, damaged ones are left out and said, and none left is a problem. */
async function readFrames(object: OpenedObject, image: ImageModule, limits: DecodeLimits): Promise<Read> {
  const source = await frameSource(object, image, limits)
  const chosen = spread(source.count, keptFrames(source.count, image, limits))
  const frames: RawFrame[] = []
  let firstProblem: DecodeError | undefined
  for (const index of chosen) {
    try {
      const frame = await source.read(index)
      checkDimensions(frame.columns, frame.rows, limits)
      if (!frames[0] || (frame.columns === frames[0].columns && frame.rows === frames[0].rows && frame.samples === frames[0].samples)) frames.push(frame)
    } catch (error) {
      firstProblem ??= error instanceof DecodeError ? error : new DecodeError(PROBLEMS.damagedPixels)
    }
  }
  if (frames.length === 0) throw firstProblem ?? new DecodeError(PROBLEMS.damagedPixels)
  const notes = [
    ...(chosen.length < source.count ? [NOTES.framesSampled(chosen.length, source.count)] : []),
    ...(frames.length < chosen.length || source.count < image.frames ? [NOTES.framesDamaged(Math.max(image.frames, source.count) - source.count + chosen.length - frames.length)] : [])
  ]
  return { frames, notes }
}

/** How many frames fit the limits: their number, and their pixels together. */
function keptFrames(count: number, image: ImageModule, limits: DecodeLimits): number {
  const fitting = Math.floor(limits.maxPixels / (image.columns * image.rows * image.samples))
  return Math.max(1, Math.min(count, limits.maxFrames, fitting))
}

/** `kept` of `count` frame indices, evenly spread, the middle of each stretch. */
export function spread(count: number, kept: number): number[] {
  return Array.from({ length: kept }, (_, index) => Math.floor(((index + 0.5) * count) / kept))
}
