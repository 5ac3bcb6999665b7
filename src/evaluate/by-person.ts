import { groupBy } from './group-by.js'
import type { Proportion } from './proportion.js'
import { proportion } from './proportion.js'
import type { Scored } from './roc.js'

/**
 * What a threshold does to people with several images, put together as the appliance puts two eyes together: one image at or above it refers the
 * person, only images that all got a score below it clear them, anything else is incomplete (retake, or refer). Positive is who has a positive image.
 */
export type PersonFigures = {
  readonly patients: number
  readonly positives: number
  /** Referred, of the positive. */
  readonly sensitivity: Proportion
  /** Cleared, of the negative. */
  readonly specificity: Proportion
  /** Neither, of all. */
  readonly incomplete: Proportion
  /** Positive and cleared. */
  readonly missed: number
}

type Person = { readonly positive: boolean; readonly outcome: 'referred' | 'incomplete' | 'cleared' }

/** Cases with a score and those refused without one (their score is no matter); undefined where nobody has two images. */
export function byPerson({ cases, refused }: { readonly cases: readonly Scored[]; readonly refused: readonly Scored[] }, threshold: number): PersonFigures | undefined {
  const images = [...cases.map((each) => ({ ...each, scored: true })), ...refused.map((each) => ({ ...each, scored: false }))]
  const groups = [...groupBy(images, ({ patient }) => patient).values()]
  if (groups.length === images.length) return undefined
  const people = groups.map((own): Person => {
    const referred = own.some(({ scored, score }) => scored && score >= threshold)
    return { positive: own.some(({ positive }) => positive), outcome: referred ? 'referred' : own.every(({ scored }) => scored) ? 'cleared' : 'incomplete' }
  })
  const count = (outcome: Person['outcome'], positive: boolean): number => people.filter((each) => each.outcome === outcome && each.positive === positive).length
  const positives = people.filter(({ positive }) => positive).length
  return {
    patients: people.length, positives, missed: count('cleared', true),
    sensitivity: proportion(count('referred', true), positives),
    specificity: proportion(count('cleared', false), people.length - positives),
    incomplete: proportion(count('incomplete', true) + count('incomplete', false), people.length)
  }
}
