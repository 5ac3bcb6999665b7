import type { TriageLevel } from '../domain/finding.js'
import type { IsoTime } from '../domain/ids.js'
import type { Answers } from '../domain/programme-answers.js'
import { holds } from './escalate.js'
import type { Programme } from './programme.js'

/** When a person should come back: a day (yyyy-mm-dd), the interval and who says so. */
export type Recall = { readonly dueOn: string; readonly months: number; readonly source: string }

/** The same day so many months later, or the last day of that month where it is shorter. */
export function addMonths(from: IsoTime, months: number): string {
  const [year, month, day] = [Number(from.slice(0, 4)), Number(from.slice(5, 7)), Number(from.slice(8, 10))]
  const last = new Date(Date.UTC(year, month + months, 0))
  return new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(day, last.getUTCDate()))).toISOString().slice(0, 10)
}

/** The shortest interval that applies to a verdict of this level seen on `at`; undefined where the programme asks for none (referred instead). */
export function recallDue(programme: Programme, seen: { readonly level: TriageLevel; readonly answers: Answers; readonly at: IsoTime }): Recall | undefined {
  const [shortest] = programme.recalls.filter(({ levels, when }) => levels.includes(seen.level) && (!when || holds(when, seen.answers)))
    .toSorted((a, b) => a.months - b.months)
  return shortest && { dueOn: addMonths(seen.at, shortest.months), months: shortest.months, source: shortest.source }
}
