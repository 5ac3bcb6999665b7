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

/** A gate's class of this name means a negative of a chest film; such a picture is turned and looked at again. */
const NEGATIVE_CLASS = 'chest-inverted'

/** Middle less lungs in grey levels: of 600 positive films of public sets one lies below, of their negatives most. */
const NEGATIVE_FILM = -30

/** Colourfulness of a grey picture, also when it is stored in three channels. */
const GREY = 8

type Picture = { readonly pixels: Pixels; readonly frame: number; readonly dicom?: DicomFacts }

/** Measures the picture, asks the gate, and puts a negative film right when the gate then sees a chest more surely. */
export async function recognise({ pixels, frame, dicom }: Picture, shelf: PackShelf, watch: Stopwatch): Promise<Recognised> {
  const measures = watch.measure('quality', () => measure(pixels, frame))
  const loaded = await shelf.loadGate()
  if (!loaded) return { pixels, measures, notes: [] }
  const first = await askGate(loaded, { pixels, frame }, watch)
  const asItIs: Recognised = { pixels, measures, gate: first.type, notes: [] }
  if (measures.colourfulness > GREY || !mayBeNegative(first.type, measures.chestPolarity) || !mayBeChest(dicom)) return asItIs
  const turned = watch.measure('quality', () => inverted(pixels))
  const second = await askGate(loaded, { pixels: turned, frame }, watch)
  if (second.type.route !== 'cxr' || second.chest < first.chest) return asItIs
  return { pixels: turned, measures: watch.measure('quality', () => measure(turned, frame)), gate: second.type, notes: [ROUTE_REASONS.invertedPutRight] }
}

/** What the gate takes for a chest is doubted when the lungs are far brighter than the heart; without a gate nothing is turned. */
const mayBeNegative = ({ route, className }: ImageType, polarity: number): boolean =>
  className === NEGATIVE_CLASS || (route === 'cxr' && polarity < NEGATIVE_FILM)

function mayBeChest(dicom: DicomFacts | undefined): boolean {
  const { modality } = routeByAttributes(dicom)
  return modality === undefined || modality === 'cxr'
}

type GateAnswer = { readonly type: ImageType; readonly chest: number }

/** A picture unlike everything that the gate was made with is none of the kinds, however sure it sounds. */
async function askGate(loaded: LoadedPack, picture: { pixels: Pixels; frame: number }, watch: Stopwatch): Promise<GateAnswer> {
  const { manifest } = loaded.pack
  const { logits, distance = 0 } = await inferFrame(loaded, picture, watch, 'quality')
  const routes = manifest.gate.routes ?? {}
  const chest = softmax(logits).reduce((sum, value, index) => sum + (routes[manifest.classes[index] ?? ''] === 'cxr' ? value : 0), 0)
  const type = imageTypeOf(logits, manifest)
  const isStrange = distance > (manifest.gate.outOfDistribution?.maxDistance ?? Infinity)
  return { type: isStrange ? { ...type, route: 'other' } : type, chest }
}
