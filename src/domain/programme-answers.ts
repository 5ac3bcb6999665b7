import type { Triage, TriageLevel } from './finding.js'
import type { IsoTime } from './ids.js'

/** What was answered in a programme's form, by field name: the code of a choice, or a number in the field's unit. */
export type Answers = Readonly<Record<string, string | number>>

/** A programme's form as it was filled in, with the advice that follows from the answers alone. */
export type ProgrammeAnswers = {
  readonly programme: string
  readonly version: number
  readonly at: IsoTime
  readonly by: string
  readonly answers: Answers
  /** Given while the image was attached to another person. */
  readonly ofAnother?: true
  /** How many reviews there were before; absent in older documents. */
  readonly afterReviews?: number
  /** One for each rule that applied, the most urgent first. Level `immediate` comes from here only. */
  readonly escalations: readonly Triage[]
}

const RANK: Readonly<Record<TriageLevel, number>> = { routine: 0, none: 1, soon: 2, urgent: 3, immediate: 4 }

/** The more urgent of the two; what has no verdict stands between routine and soon. The first where both are alike. */
export function mostUrgent(first: Triage, second: Triage): Triage {
  return RANK[second.level] > RANK[first.level] ? second : first
}

/** Negative when `a` is more urgent than `b`. */
export const byUrgencyOfLevel = (a: { readonly level: TriageLevel }, b: { readonly level: TriageLevel }): number => RANK[b.level] - RANK[a.level]
