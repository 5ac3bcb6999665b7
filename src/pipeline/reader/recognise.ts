import type { QualityReason } from '../../domain/finding.js'
import type { DicomFacts, Modality, Pixels } from '../../domain/image-content.js'
import { softmax } from '../../inference/calibrate.js'
import { imageTypeOf, type ImageType } from '../../inference/tasks/image-type/image-type.js'
import { measure, type Measures } from '../../ingest/quality/measure.js'
import { inverted } from './derived-files.js'
import { framesToRead, inferFrame } from './infer.js'
import type { LoadedPack, PackShelf } from './pack-shelf.js'
import { routeByAttributes } from './route-attributes.js'
import { ROUTE_REASONS } from './route-reasons.js'
import type { Stopwatch } from './stopwatch.js'

/**
 * The picture as it will be read (put right where black and white were swapped), its measures and what the gate sees, by `frame`. `alike` and `unlike`: of a clip,
 * the frames looked at that show what most of them show, and those that show something else.
 */
export type Recognised = {
  readonly pixels: Pixels
  readonly measures: Measures
  readonly gate?: ImageType
  readonly notes: readonly QualityReason[]
  /** Why a chest film that is one can't be read all the same. */
  readonly fault?: QualityReason
  readonly frame: number
  readonly alike?: readonly number[]
  readonly unlike?: readonly number[]
}

/** A gate's class of this name means a negative of a chest film; such a picture is turned and looked at again. */
const NEGATIVE_CLASS = 'chest-inverted'

/** A gate's class of this name means a chest film whose lungs are cut off, or that is tilted. */
const CUT_CLASS = 'chest-cut'
/** From this probability of it on a film is refused, and from the next on that is remarked: 5 and 7 more of 316 films of `val`, most of the collection with the tightest crops. */
const CUT_REFUSED = 0.6
const CUT_REMARKED = 0.4

/** Middle less lungs in grey levels: of 600 positive films of public sets one lies below, of their negatives most. */
const NEGATIVE_FILM = -30

/** Colourfulness of a grey picture, also when it is stored in three channels. */
const GREY = 8

/** So many frames of a clip are looked at, spread evenly: as many as the delivered pack of clips reads. */
export const CLIP_FRAMES = 12

type Picture = { readonly pixels: Pixels; readonly dicom?: DicomFacts }

/** Measures the picture, or frames of a clip, and asks the gate what it is. */
export async function recognise({ pixels, dicom }: Picture, shelf: PackShelf, watch: Stopwatch): Promise<Recognised> {
  const gate = await shelf.loadGate()
  const [middle = 0] = framesToRead(pixels.frames, 1)
  if (!gate) return { pixels, frame: middle, measures: watch.measure('quality', () => measure(pixels, middle)), notes: [] }
  if (pixels.frames === 1) return recogniseFrame({ pixels, frame: 0, dicom }, gate, watch)
  const seen: Recognised[] = []
  for (const frame of framesToRead(pixels.frames, CLIP_FRAMES)) seen.push(await seenAsItIs({ pixels, frame }, gate, watch))
  return ofClip(seen)
}

/** A clip shows what most of its frames show, and is judged by the middle one of these; between a kind and none, the kind. */
function ofClip(seen: readonly Recognised[]): Recognised {
  const kindOf = ({ gate }: Recognised): Modality | 'other' | 'undecided' => gate?.route ?? 'undecided'
  const weight = (kind: Modality | 'other' | 'undecided'): number => seen.filter((each) => kindOf(each) === kind).length - (kind === 'other' || kind === 'undecided' ? 0.5 : 0)
  const kind = seen.map(kindOf).reduce((best, each) => (weight(each) > weight(best) ? each : best))
  const [alike, unlike] = [seen.filter((each) => kindOf(each) === kind), seen.filter((each) => kindOf(each) !== kind)]
  return { ...alike[Math.floor(alike.length / 2)]!, alike: alike.map(({ frame }) => frame), unlike: unlike.map(({ frame }) => frame) }
}

type FramePicture = { readonly pixels: Pixels; readonly frame: number }

async function seenAsItIs({ pixels, frame }: FramePicture, gate: LoadedPack, watch: Stopwatch): Promise<Recognised> {
  const measures = watch.measure('quality', () => measure(pixels, frame))
  return { pixels, frame, measures, gate: (await askGate(gate, { pixels, frame }, watch)).type, notes: [] }
}

/** Puts a negative film right when the gate then sees a chest more surely. */
async function recogniseFrame({ pixels, frame, dicom }: FramePicture & { readonly dicom: DicomFacts | undefined }, loaded: LoadedPack, watch: Stopwatch): Promise<Recognised> {
  const measures = watch.measure('quality', () => measure(pixels, frame))
  const first = await askGate(loaded, { pixels, frame }, watch)
  const asItIs: Recognised = { pixels, frame, measures, gate: first.type, ...wholeness(first) }
  if (measures.colourfulness > GREY || !mayBeNegative(first.type, measures.chestPolarity) || !mayBeChest(dicom)) return asItIs
  const turned = watch.measure('quality', () => inverted(pixels))
  const second = await askGate(loaded, { pixels: turned, frame }, watch)
  if (second.type.route !== 'cxr' || second.chest < first.chest) return asItIs
  return { pixels: turned, frame, measures: watch.measure('quality', () => measure(turned, frame)), gate: second.type, ...wholeness(second, [ROUTE_REASONS.invertedPutRight]) }
}

/** What the gate takes for a chest is doubted when the lungs are far brighter than the heart; without a gate nothing is turned. */
const mayBeNegative = ({ route, className }: ImageType, polarity: number): boolean =>
  className === NEGATIVE_CLASS || (route === 'cxr' && polarity < NEGATIVE_FILM)

function mayBeChest(dicom: DicomFacts | undefined): boolean {
  const { modality } = routeByAttributes(dicom)
  return modality === undefined || modality === 'cxr'
}

/** Whether a chest film shows the lungs whole and upright: a fault, a remark, or neither. */
function wholeness({ type, cut }: GateAnswer, notes: readonly QualityReason[] = []): Pick<Recognised, 'fault' | 'notes'> {
  if (type.route !== 'cxr' || cut < CUT_REMARKED) return { notes }
  return cut >= CUT_REFUSED ? { notes, fault: ROUTE_REASONS.cutOff } : { notes: [ROUTE_REASONS.cutOff, ...notes] }
}

/** `chest` and `cut`: the probabilities of a frontal chest film of any kind, and of one that is cut off or tilted. */
type GateAnswer = { readonly type: ImageType; readonly chest: number; readonly cut: number }

/** A picture unlike everything that the gate was made with is none of the kinds, however sure it sounds. */
async function askGate(loaded: LoadedPack, picture: { pixels: Pixels; frame: number }, watch: Stopwatch): Promise<GateAnswer> {
  const { manifest } = loaded.pack
  const { logits, distance = 0 } = await inferFrame(loaded, picture, watch, 'quality')
  const routes = manifest.gate.routes ?? {}
  const probabilities = softmax(logits)
  const chest = probabilities.reduce((sum, value, index) => sum + (routes[manifest.classes[index] ?? ''] === 'cxr' ? value : 0), 0)
  const type = imageTypeOf(logits, manifest)
  const isStrange = distance > (manifest.gate.outOfDistribution?.maxDistance ?? Infinity)
  return { type: isStrange ? { ...type, route: 'other' } : type, chest, cut: probabilities[manifest.classes.indexOf(CUT_CLASS)] ?? 0 }
}
