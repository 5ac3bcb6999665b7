import type { IsoTime, PatientId, StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'
import { programmeFor } from './programmes.js'
import { addMonths } from './recall.js'

/** Somebody who may have to come back: their newest image of a programme, and the first day that any of its rules could ask for. */
export type RecallCandidate = { readonly studyId: StudyId; readonly patientId: PatientId; readonly earliest: string }

/**
 * One candidate for each person and kind of image, the newest image counts. The answers that shorten an interval are in the document and not
 * here, so the day is the earliest that any rule of the level gives; whoever shows it reads the document of those that are near.
 */
export function recallCandidates(summaries: Iterable<StudySummary>): RecallCandidate[] {
  const newest = new Map<string, StudySummary>()
  for (const summary of summaries) {
    if (summary.patientId === undefined || summary.state !== 'ready') continue
    const key = `${summary.patientId} ${summary.modality ?? ''}`
    const known = newest.get(key)
    if (!known || known.sequence < summary.sequence) newest.set(key, summary)
  }
  return [...newest.values()].flatMap((summary) => {
    const months = programmeFor(summary.modality)?.recalls.filter(({ levels }) => levels.includes(summary.triageLevel)).map((rule) => rule.months) ?? []
    return months.length === 0 ? [] : [{ studyId: summary.id, patientId: summary.patientId as PatientId, earliest: addMonths(summary.receivedAt, Math.min(...months)) }]
  })
}

/** Days after which a referral without a result should be asked about, by level: within the time that its advice gives. */
const ASK_AFTER_DAYS = { immediate: 2, urgent: 7, soon: 60 } as const

/** Referrals of which nothing came back in the time that they ask for, the longest waiting first. */
export function referralsWithoutOutcome(summaries: Iterable<StudySummary>, now: IsoTime): StudySummary[] {
  const waiting = [...summaries].filter(({ triageLevel, outcomes, receivedAt }) => {
    const days = triageLevel === 'immediate' || triageLevel === 'urgent' || triageLevel === 'soon' ? ASK_AFTER_DAYS[triageLevel] : undefined
    return days !== undefined && (outcomes ?? []).length === 0 && Date.parse(now) - Date.parse(receivedAt) > days * 86_400_000
  })
  return waiting.toSorted((a, b) => a.sequence - b.sequence)
}
