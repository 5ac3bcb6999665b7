import type { Delivery, DeliveryKind } from '../domain/delivery.js'
import type { TriageLevel } from '../domain/finding.js'
import type { IsoTime, StudyId } from '../domain/ids.js'

/** A delivery that is to be made, with what decides its turn. */
export type Outstanding = { readonly studyId: StudyId; readonly sequence: number; readonly level: TriageLevel; /** Estimate. */ readonly bytes: number; readonly delivery: Delivery; /** It would leave under nobody, or nobody has said whose it is: since when it is here. */ readonly namelessSince?: IsoTime; /** A received object that says an eye, while a person is asked which eye it is. */ readonly isEyeAsked?: boolean }

const URGENCY: Readonly<Record<TriageLevel, number>> = { immediate: 0, urgent: 1, soon: 2, none: 2, routine: 3 }
const KIND: Readonly<Record<DeliveryKind, number>> = { rejection: 0, sr: 0, fhir: 1, pdf: 2, heatmap: 3, 'heatmap-map': 3, image: 4 }
/** Sizes within a factor of four count as equal, so that age decides among like images. */
const sizeClass = (bytes: number): number => Math.floor(Math.log2(Math.max(1, bytes)) / 2)

/** Results travel beside images, so that none waits for one. */
export type Lane = 'results' | 'bulk'
export const laneOf = ({ kind }: Delivery): Lane => (kind === 'sr' || kind === 'fhir' || kind === 'rejection' ? 'results' : 'bulk')

/**
 * What to send next: the more urgent first, results before images, small before large; among equals oldest and newest by turns, so that neither
 * a backlog nor a fresh image starves. Undefined when nothing is outstanding.
 */
export function nextDelivery(outstanding: Iterable<Outstanding>, turn: number): Outstanding | undefined {
  let best: Outstanding | undefined
  for (const candidate of outstanding) if (!best || compare(candidate, best, turn) < 0) best = candidate
  return best
}

/** Whether the first of `some` comes before all of `others` for its urgency alone. */
export function isMoreUrgent(some: readonly Outstanding[], others: readonly Outstanding[]): boolean {
  const least = (items: readonly Outstanding[]): number => Math.min(...items.map(({ level }) => URGENCY[level]))
  return least(some) < least(others)
}

function compare(a: Outstanding, b: Outstanding, turn: number): number {
  return URGENCY[a.level] - URGENCY[b.level] || KIND[a.delivery.kind] - KIND[b.delivery.kind]
    || sizeClass(a.bytes) - sizeClass(b.bytes) || (turn % 2 === 0 ? a.sequence - b.sequence : b.sequence - a.sequence)
}

export type BatchLimits = { readonly objects: number; readonly bytes: number }

/** The objects of one association: at least one, then more while they are few and small. */
export function nextBatch(outstanding: readonly Outstanding[], turn: number, limits: BatchLimits): Outstanding[] {
  const left = new Set(outstanding)
  const batch: Outstanding[] = []
  let bytes = 0
  while (left.size > 0 && batch.length < limits.objects) {
    const next = nextDelivery(left, turn + batch.length)!
    if (batch.length > 0 && bytes + next.bytes > limits.bytes) break
    left.delete(next)
    batch.push(next)
    bytes += next.bytes
  }
  return batch
}
