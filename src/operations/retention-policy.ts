import { isProven } from '../domain/delivery.js'
import type { Delivery } from '../domain/delivery.js'
import { secondReadOf } from '../domain/second-read.js'
import type { Study } from '../domain/study.js'
import { isReviewed, verdictOf } from '../domain/study.js'

/** Age in days since the receipt; every one of `archives` (ids of destinations) must have promised to keep the image. */
export type RetentionPolicy = { readonly days: number; readonly archives: readonly string[] }

/** Nothing more will be made from the image for these. */
const SETTLED: readonly string[] = ['accepted', 'accepted-with-warning', 'committed', 'superseded', 'withdrawn']
const GONE: readonly string[] = ['superseded', 'withdrawn']
const DAY_MS = 24 * 3_600_000

/**
 * Whether the bytes of a study's image may leave this disk: it is old enough by a time that is certain, it has an outcome, a person has seen it if
 * it is urgent, every archive has committed to keep the image, and nothing of it is still to be sent (what leaves is made from the image).
 */
export function mayEvict(study: Study, policy: RetentionPolicy, now: Date): boolean {
  if (study.evicted || study.timeUncertain || !hasOutcome(study)) return false
  if (now.getTime() - Date.parse(heldSince(study)) < policy.days * DAY_MS) return false
  const deliveries = study.deliveries ?? []
  if (!deliveries.every(({ state }) => SETTLED.includes(state))) return false
  return policy.archives.every((archive) => isKeptBy(archive, deliveries))
}

/** A verdict, seen by a person where it is urgent; what a demonstration found nothing in; or what a person said of an image that got no verdict. */
function hasOutcome(study: Study): boolean {
  if (study.questions.length > 0 || isReadOn(study)) return false
  if (isReviewed(study)) return study.state === 'ready' || study.state === 'failed'
  const verdict = study.state === 'ready' ? verdictOf(study) : undefined
  return verdict?.level === 'routine' || verdict?.level === 'soon' || verdict?.code === 'demonstration'
}

/** A second reader still looks at it, or two disagree. */
function isReadOn(study: Study): boolean {
  const state = secondReadOf(study)?.state
  return state === 'wanted' || state === 'discordant'
}

/** An image that was brought back stays for another period. */
const heldSince = ({ receivedAt, history }: Study): string => history.findLast(({ event }) => event === 'image-restored')?.at ?? receivedAt

function isKeptBy(archive: string, deliveries: readonly Delivery[]): boolean {
  const images = deliveries.filter(({ destination, kind, state }) => destination === archive && kind === 'image' && !GONE.includes(state))
  return images.length > 0 && images.every(isProven)
}
