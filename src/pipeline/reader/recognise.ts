import type { QualityReason } from '../../domain/finding.js'
import type { DicomFacts, Pixels } from '../../domain/image-content.js'
import { softmax } from '../../inference/calibrate.js'
import { imageTypeOf, type ImageType } from '../../inference/tasks/image-type/image-type.js'
import { measure, type Measures } from '../../ingest/quality/measure.js'
import { inverted } from './derived-files.js'
import { inferFrame } from './infer.js'
import type { LoadedPack, PackShelf } from './pack-shelf.js'
import { routeByAttributes } from './route-attributes.js'
import { ROUTE_REASONS } from './route-reasons.js'
import type { Stopwatch } from './stopwatch.js'

/** The picture as it will be read (put right where black and white were swapped), its measures and what the gate sees. */
export type Recognised = { readonly pixels: Pixels; readonly measures: Measures; readonly gate?: ImageType; readonly notes: readonly QualityReason[] }

/** Grey levels; hardly any positive film lies below (1 of 600 in public sets), most negatives do. */
const NEGATIVE_FILM = -30

type Picture = { readonly pixels: Pixels; readonly frame: number; readonly dicom?: DicomFacts }

/** Measures the picture, asks the gate, and puts a negative film right when the gate then sees a chest more surely. */
export async function recognise({ pixels, frame, dicom }: Picture, shelf: PackShelf, watch: Stopwatch): Promise<Recognised> {
  const measures = watch.measure('quality', () => measure(pixels, frame))
  const loaded = await shelf.loadGate()
  const first = loaded && await askGate(loaded, { pixels, frame }, watch)
  const asItIs: Recognised = { pixels, measures, ...(first ? { gate: first.type } : {}), notes: [] }
  if (pixels.channels !== 1 || measures.chestPolarity > NEGATIVE_FILM || !mayBeChest(dicom)) return asItIs
  const turned = watch.measure('quality', () => inverted(pixels))
  const second = loaded && await askGate(loaded, { pixels: turned, frame }, watch)
  if (!isSurerChest(first, second)) return asItIs
  return { pixels: turned, measures: watch.measure('quality', () => measure(turned, frame)), ...(second ? { gate: second.type } : {}), notes: [ROUTE_REASONS.invertedPutRight] }
}

function mayBeChest(dicom: DicomFacts | undefined): boolean {
  const { modality } = routeByAttributes(dicom)
  return modality === undefined || modality === 'cxr'
}

type GateAnswer = { readonly type: ImageType; readonly chest: number }

/** Without a gate nothing is turned: a wrong guess would show the nurse a negative. */
const isSurerChest = (before: GateAnswer | undefined, after: GateAnswer | undefined): boolean =>
  before !== undefined && after !== undefined && after.type.route === 'cxr' && after.chest >= before.chest

async function askGate(loaded: LoadedPack, picture: { pixels: Pixels; frame: number }, watch: Stopwatch): Promise<GateAnswer> {
  const { manifest } = loaded.pack
  const { logits } = await inferFrame(loaded, picture, watch, 'quality')
  const routes = manifest.gate.routes ?? {}
  const chest = softmax(logits).reduce((sum, value, index) => sum + (routes[manifest.classes[index] ?? ''] === 'cxr' ? value : 0), 0)
  return { type: imageTypeOf(logits, manifest), chest }
}
