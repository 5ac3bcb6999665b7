import type { IsoTime, PatientId, StudyId } from '../domain/ids.js'
import type { TriageLevel } from '../domain/finding.js'
import type { EyeExcuses } from '../domain/patient.js'
import type { StudySummary } from '../domain/study.js'
import { eyePhotoOfLine, eyesVerdict, type EyesVerdict } from './eyes.js'
import { programmeFor } from './programmes.js'
import { addMonths } from './recall.js'

/** Somebody who may have to come back: their newest image of a programme, those whose answers count (of eyes all photos of the round), the level that counts for them, and the first day that any rule could ask for. */
export type RecallCandidate = { readonly studyId: StudyId; readonly round: readonly StudyId[]; readonly patientId: PatientId; readonly level: TriageLevel; readonly earliest: string }
/** Why an eye of a person can have no photo. */
export type ExcusesOf = (patientId: PatientId) => EyeExcuses | undefined

/**
 * One candidate for each person and kind of image: the newest image with a verdict counts, since one that nobody could grade takes nobody's next visit
 * away; of eyes the verdict of both, so that nobody is called back in a year as clear with one eye unseen. The answers that shorten an interval are in the document and not here, so the day is the earliest that any rule of the level
 * gives; whoever shows it reads the documents of those that are near.
 */
export function recallCandidates(summaries: Iterable<StudySummary>, excusesOf: ExcusesOf = () => undefined): RecallCandidate[] {
  return [...ofPersons(summaries)].flatMap(([patientId, own]) => [...new Set(own.map(({ modality }) => modality))].flatMap((modality) => {
    const images = own.filter((one) => one.modality === modality)
    const newest = images.filter((one) => one.state === 'ready' && (modality === 'fundus' || hasVerdict(one))).toSorted((a, b) => b.sequence - a.sequence)[0]
    const eyes = modality === 'fundus' ? eyesOf(images, excusesOf(patientId)) : undefined
    const level = modality === 'fundus' ? eyes?.level : newest?.triageLevel
    const months = programmeFor(modality)?.recalls.filter(({ levels }) => level !== undefined && levels.includes(level)).map((rule) => rule.months) ?? []
    return !newest || level === undefined || months.length === 0 ? [] : [{ studyId: newest.id, round: eyes?.round ?? [newest.id], patientId, level, earliest: addMonths(newest.receivedAt, Math.min(...months)) }]
  }))
}

const hasVerdict = ({ triageLevel, awaitsAge }: StudySummary): boolean => triageLevel !== 'none' && !awaitsAge

/** A person whose eyes are not done: one was not photographed, or could not be graded. `since` is their newest photo. */
export type EyeGap = { readonly patientId: PatientId; readonly code: string; readonly since: IsoTime }

/** Whose eyes are not done and of whom no result came back, the newest first. */
export function eyeGaps(summaries: Iterable<StudySummary>, excusesOf: ExcusesOf = () => undefined): EyeGap[] {
  const found = [...ofPersons(summaries)].flatMap(([patientId, own]): EyeGap[] => {
    const verdict = eyesOf(own, excusesOf(patientId))
    const round = own.filter(({ id }) => verdict?.round.includes(id))
    if (verdict?.verdict !== 'incomplete' && verdict?.verdict !== 'refer-ungradable') return []
    return round.some(({ outcomes = [] }) => outcomes.length > 0) ? [] : [{ patientId, code: verdict.code, since: round.map(({ receivedAt }) => receivedAt).toSorted().at(-1)! }]
  })
  return found.toSorted((a, b) => (a.since > b.since ? -1 : 1))
}

const eyesOf = (images: readonly StudySummary[], excuses: EyeExcuses | undefined): EyesVerdict | undefined => eyesVerdict(images.flatMap((one) => eyePhotoOfLine(one) ?? []), excuses)

function ofPersons(summaries: Iterable<StudySummary>): Map<PatientId, StudySummary[]> {
  const persons = new Map<PatientId, StudySummary[]>()
  for (const summary of summaries) {
    if (summary.patientId === undefined) continue
    const own = persons.get(summary.patientId)
    if (own) own.push(summary)
    else persons.set(summary.patientId, [summary])
  }
  return persons
}

/** Days after which a referral without a result should be asked about, by level: within the time that its advice gives. */
const ASK_AFTER_DAYS = { immediate: 2, urgent: 7, soon: 60 } as const

/** Referrals of which nothing came back in the time that they ask for, the longest waiting first. By a clock that was ahead and that nobody could put right since, none would ever be overdue: those are asked about now. */
export function referralsWithoutOutcome(summaries: Iterable<StudySummary>, now: IsoTime): StudySummary[] {
  const waiting = [...summaries].filter(({ triageLevel, awaitsAge, outcomes, receivedAt, timeUncertain }) => {
    const days = awaitsAge ? undefined : triageLevel === 'immediate' || triageLevel === 'urgent' || triageLevel === 'soon' ? ASK_AFTER_DAYS[triageLevel] : undefined
    const waitedMs = Date.parse(now) - Date.parse(receivedAt)
    return days !== undefined && (outcomes ?? []).length === 0 && (waitedMs > days * 86_400_000 || (timeUncertain === true && waitedMs < 0))
  })
  return waiting.toSorted((a, b) => a.sequence - b.sequence)
}
