import { groupBy } from './group-by.js'
import type { Proportion } from './proportion.js'
import { proportion } from './proportion.js'

/** One image: its score, or none where it was refused; its truth, or none where the table says nothing of it. */
export type PersonsImage = { readonly patient: string; readonly score?: number; readonly positive?: boolean }

/**
 * What a threshold does to people with several images: one image at or above it refers the person, a score below it for every image of theirs in the
 * table clears them, anything else leaves them undecided. Positive is who has a positive image; who has one of unknown truth and none positive is left
 * out. The appliance is stricter with eyes: it clears nobody whose second eye was never photographed.
 */
export type PersonFigures = {
  readonly patients: number
  readonly positives: number
  /** Of the positive. */
  readonly referred: Proportion
  /** Of the others. */
  readonly cleared: Proportion
  /** Of all; the second number counts the positive among them. */
  readonly undecided: Proportion
  readonly undecidedPositives: number
  /** Positive and cleared. */
  readonly missed: number
}

type Person = { readonly positive: boolean; readonly outcome: 'referred' | 'undecided' | 'cleared' }

/** Undefined where nobody has two images. */
export function byPerson(images: readonly PersonsImage[], threshold: number): PersonFigures | undefined {
  const groups = [...groupBy(images, ({ patient }) => patient).values()]
  if (groups.length === images.length) return undefined
  const people = groups.flatMap((own) => personOf(own, threshold))
  const count = (outcome: Person['outcome'], positive: boolean): number => people.filter((each) => each.outcome === outcome && each.positive === positive).length
  const positives = people.filter(({ positive }) => positive).length
  return {
    patients: people.length, positives, missed: count('cleared', true), undecidedPositives: count('undecided', true),
    referred: proportion(count('referred', true), positives),
    cleared: proportion(count('cleared', false), people.length - positives),
    undecided: proportion(count('undecided', true) + count('undecided', false), people.length)
  }
}

/** None where the truth of the person is unknown. */
function personOf(own: readonly PersonsImage[], threshold: number): Person[] {
  const positive = own.some((each) => each.positive)
  if (!positive && own.some((each) => each.positive === undefined)) return []
  const referred = own.some(({ score }) => score !== undefined && score >= threshold)
  return [{ positive, outcome: referred ? 'referred' : own.every(({ score }) => score !== undefined) ? 'cleared' : 'undecided' }]
}
