import type { QualityReason } from '../../domain/finding.js'
import type { DicomFacts, Modality } from '../../domain/image-content.js'
import { contradicts, guessByMeasures, type KindMeasures } from './route-measures.js'
import { routeByAttributes } from './route-attributes.js'
import { ROUTE_REASONS } from './route-reasons.js'

/** A pack that could be chosen. */
export type Candidate = { readonly id: string; readonly modality: Modality | 'any' }

export type RouteInput = {
  readonly dicom?: Pick<DicomFacts, 'modality' | 'bodyPart' | 'viewPosition'>
  /** What the gate sees; `route` undefined when it can't decide. Absent when the gate is out of service. */
  readonly gate?: { readonly route: Modality | 'other' | undefined; readonly className?: string }
  readonly measures: KindMeasures
  /** Packs in service that read images (not the gate). */
  readonly packs: readonly Candidate[]
  /** A person's choice; overrides everything but the gate. */
  readonly packId?: string
}

/** Which pack reads the picture. With a `refusal` nothing is graded; `packId` then names the pack that would have applied. */
export type Route = { readonly modality?: Modality; readonly packId?: string; readonly refusal?: QualityReason; readonly notes: readonly QualityReason[] }

/** A gate's class of this name means a chest film that lies on its side or upside down. */
const ROTATED_CLASS = 'chest-rotated'

/**
 * Attributes first, then content; where they disagree, or content does not bear the attributes out, it is a wrong image. A chosen pack overrides the attributes, never what
 * the gate sees. Undecided means no pack: the nurse is asked.
 */
export function route(input: RouteInput): Route {
  const notes = input.gate ? [] : [ROUTE_REASONS.gateMissing]
  if (input.packId !== undefined) return { ...routeChosen(input, input.packId), notes }
  const claimed = routeByAttributes(input.dicom)
  const seen = seenModality(input)
  const modality = claimed.modality ?? (seen === 'other' ? turnedFilm(input) : seen)
  const pack = readerOf(modality, input.packs)
  const known = { ...(modality ? { modality } : {}), ...(pack ? { packId: pack.id } : {}), notes }
  if (claimed.refusal) return { ...known, refusal: claimed.refusal }
  if (isOther(input, seen, modality)) return { ...known, refusal: unlike(input, seen ?? 'other', claimed.modality) }
  if (modality === undefined) return { notes, refusal: ROUTE_REASONS.undecided }
  if (input.gate && seen === undefined && !claimed.namesPart) return { ...known, refusal: ROUTE_REASONS.notRecognised(modality) }
  return pack ? known : { ...known, refusal: ROUTE_REASONS.noPackFor(modality) }
}

/** Of several packs for one kind the first reads. */
export const readerOf = (modality: Modality | undefined, packs: readonly Candidate[]): Candidate | undefined => packs.find((candidate) => candidate.modality === modality)

const seenModality = ({ gate, measures }: RouteInput): Modality | 'other' | undefined => (gate ? gate.route : guessByMeasures(measures))

/** A chest film that lies wrongly is one all the same. */
const turnedFilm = ({ gate }: RouteInput): 'cxr' | undefined => (gate?.className === ROTATED_CLASS ? 'cxr' : undefined)

function isOther({ gate, measures }: RouteInput, seen: Modality | 'other' | undefined, modality: Modality | undefined): boolean {
  if (seen === 'other') return true
  if (gate) return seen !== undefined && seen !== modality
  return modality !== undefined && contradicts(modality, measures)
}

/** Why a picture of another kind is refused. A film that only lies wrongly is said to. */
function unlike({ gate }: RouteInput, seen: Modality | 'other', expected: Modality | undefined): QualityReason {
  const isTurned = gate?.className === ROTATED_CLASS && (expected === undefined || expected === 'cxr')
  return isTurned ? ROUTE_REASONS.rotated : ROUTE_REASONS.looksLike(seen, expected)
}

function routeChosen(input: RouteInput, packId: string): Omit<Route, 'notes'> {
  const pack = input.packs.find((candidate) => candidate.id === packId)
  if (!pack) return { refusal: ROUTE_REASONS.unknownPack(packId) }
  const seen = input.gate?.route
  const chosen = pack.modality === 'any' ? (seen === 'other' ? undefined : seen) : pack.modality
  const known = { ...(chosen ? { modality: chosen } : {}), packId }
  const wrong = seen !== undefined && (seen === 'other' || seen !== chosen)
  return wrong ? { ...known, refusal: unlike(input, seen, chosen) } : known
}
