import { may } from '../access/roles.js'
import { blindView, readsBlind, secondReadOf } from '../domain/second-read.js'
import type { TriageLevel } from '../domain/finding.js'
import type { ReviewInput } from '../domain/study-changes.js'
import type { Study, StudySummary } from '../domain/study.js'
import { programmeFor } from '../programmes/programmes.js'
import type { Caller } from './route.js'

/** Whether the study is shown to this caller without what the first reader decided. Nurses act on the verdict and see all. */
export const isBlind = (study: Study, caller: Caller | undefined): boolean =>
  caller !== undefined && may(caller.role, 'review') && readsBlind(study, caller.id)

/** The same of a line of the index. */
export const isBlindLine = ({ second }: Pick<StudySummary, 'second'>, caller: Caller | undefined): boolean =>
  second?.state === 'wanted' && caller !== undefined && may(caller.role, 'review') && second.first !== caller.id

/** The study as this caller may see it. */
export const viewFor = (caller: Caller | undefined) => (study: Study): Study => (isBlind(study, caller) ? blindView(study) : study)

/** The review with the programme's wish for a second reader: by the model's level or by the reviewer's own. */
export function withSecondReader(study: Study, input: ReviewInput): ReviewInput {
  const asked = programmeFor(study.modality ?? study.reading?.modality)?.secondReader?.levels
  const levels: readonly (TriageLevel | undefined)[] = [study.triage?.level, input.triage?.level]
  const wanted = asked !== undefined && !secondReadOf(study) && levels.some((level) => level !== undefined && asked.includes(level))
  return wanted ? { ...input, asksSecond: true } : input
}
