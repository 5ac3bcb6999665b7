import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'

/** What only a person can do about a destination: studies that somebody is to put right there, each to be confirmed by itself, and how many objects may be tried anew. */
export type PersonTasks = { readonly correct: readonly StudyId[]; readonly resend: number }

/** Waits until something else of its study was put right at the destination. */
export const waitsForCorrection = ({ state, problem }: Delivery): boolean => state === 'needs-person' && problem?.code === 'identity-changed'

/** Wrong at the destination with no note on its way that takes it back, or waiting for what is: of the deliveries of one study to one destination. */
export const isToCorrect = (deliveries: readonly Delivery[]): boolean => {
  const noted = new Set(deliveries.filter((one) => one.kind === 'rejection' && isOutstanding(one)).flatMap(({ rejects = [] }) => rejects))
  return deliveries.some((one) => waitsForCorrection(one) || (one.state === 'needs-correction' && !noted.has(one.sopInstanceUid)))
}

/** May be tried anew whatever is to be put right there. */
export const isToResend = (one: Delivery): boolean => one.state === 'needs-person' && !waitsForCorrection(one)
