import type { ArrivalSource } from './arrival.js'
import type { Triage } from './finding.js'
import type { IsoTime, PatientId } from './ids.js'
import type { Laterality } from './image-content.js'
import type { Patient } from './patient.js'
import { AGE_CORRECTED, ageYearsOn } from './patient.js'
import type { Problem } from './problem.js'
import { problem } from './problem.js'
import type { ProgrammeAnswers } from './programme-answers.js'
import type { Result } from './result.js'
import { err, ok } from './result.js'
import { joinWhatWasSaid, keepWhatWasSaid } from './said-of.js'
import { readsBlind, secondReadOf } from './second-read.js'
import type { Question, ReviewDecision, Study } from './study.js'
import { REJECTED, verdictOf } from './study.js'
import type { VisitId } from './visit.js'

/** accept keeps the pack's verdict; change gives another one; reject says the image is no use. All but accept need a reason. */
export type ReviewInput = { readonly action: ReviewDecision['action']; readonly triage?: Triage; readonly reason: string; /** The programme asks for a second reader. */ readonly asksSecond?: boolean }

/** What a person knows and the image does not say. */
export type AnswerInput = { readonly packId?: string; readonly ageYears?: number; readonly laterality?: Laterality }

/** The study with one more review; a problem when the input can't be a review of it. */
export function reviewStudy(study: Study, input: ReviewInput, at: IsoTime, by: string): Result<Study, Problem> {
  if (study.state === 'received' || study.state === 'analysing') {
    return err(problem('not-read-yet', 'This image is still being read. Wait for its verdict, then review it.'))
  }
  if (input.action === 'change' && !input.triage) {
    return err(problem('triage-missing', 'A changed verdict needs its new level: choose one of routine, soon, urgent, immediate, none.', 'triage'))
  }
  const blind = readsBlind(study, by)
  const accepted = input.action === 'accept' ? (blind ? study.triage : verdictOf(study)) : undefined
  if (input.action === 'accept' && (study.state !== 'ready' || accepted?.code === REJECTED.code)) {
    return err(problem('nothing-to-accept', 'There is no verdict to accept. Change it to one of your own, or ask for a new image.'))
  }
  if (input.action !== 'accept' && input.reason.trim() === '') {
    return err(problem('reason-missing', 'Say why the verdict is changed: fill in the reason.', 'reason'))
  }
  const decision: ReviewDecision = {
    at, by, action: input.action, reason: input.reason.trim(),
    ...(input.action === 'change' && input.triage ? { triage: input.triage } : {}), ...(accepted ? { triage: accepted } : {}),
    ...(input.asksSecond && !secondReadOf(study) ? { asksSecond: true } : {}), ...(blind ? { blind: true } : {})
  }
  return ok({ ...study, reviews: [...study.reviews, decision] })
}

/**
 * Attached to a patient and the visit it was taken in, or to nobody when `patientId` is undefined. What a visit's button said of the image
 * (which eye) is no longer believed when that visit turns out not to be the one.
 */
export function attachStudy(study: Study, patientId: PatientId | undefined, visitId?: VisitId, recordOf?: (id: PatientId) => PatientId): Study {
  const { patientId: _patient, visitId: _visit, proposedVisitId: _proposed, ...rest } = keepWhatWasSaid(study, patientId, recordOf)
  const kept = study.take !== undefined && study.visitId !== visitId ? withoutTake(rest) : rest
  const questions = kept.questions.filter(({ code }) => code !== 'whose-is-this' || patientId === undefined)
  const attached = { ...(study.patientId === undefined || study.patientId === patientId ? kept : ofAnother(kept)), questions, ...(patientId === undefined ? {} : { patientId, ...(visitId === undefined ? {} : { visitId }) }) }
  return dependsOnAge(study) ? readAgain(attached) : attached
}

/** The same image of the same visit under another record of the same person. */
export function giveStudy(study: Study, patientId: PatientId): Study {
  const given = { ...joinWhatWasSaid(study, patientId), patientId }
  return dependsOnAge(study) ? readAgain(given) : given
}

/** What else was said of a person (age, symptoms) was said of somebody else. What the answers ask for stays until they are given again: too much rather than too little. */
function ofAnother({ answers: { ageYears: _age, ...answers }, programmeAnswers, ...rest }: Study): Study {
  return { ...rest, answers, ...(programmeAnswers ? { programmeAnswers: { ...programmeAnswers, ofAnother: true } } : {}) }
}

function withoutTake(study: Study): Study {
  const { take: _take, laterality: _laterality, ...rest } = study
  return { ...rest, ...(rest.dicom?.laterality ? { laterality: rest.dicom.laterality } : {}), ...firstSide(study) }
}

/** The eye that it was first known as, as long as any was known. */
function firstSide({ firstLaterality, dicom, laterality, answers }: Study): Pick<Study, 'firstLaterality'> {
  const first = firstLaterality ?? dicom?.laterality ?? laterality ?? answers.laterality
  return first ? { firstLaterality: first } : {}
}

/** Packs for the chest have a least age: another person means another age, so the verdict is made again. */
const dependsOnAge = ({ state, modality, evicted }: Study): boolean => modality === 'cxr' && !evicted && (state === 'ready' || state === 'needs-input')

/** A film of a person whose age was put right, or that was read by a clock which was, read again where its verdict was given for another age or an earlier release did not say for which; else the very same study. */
export function readForAge(study: Study, patient: Patient): Study {
  if (study.patientId !== patient.id || !dependsOnAge(study)) return study
  const { ageYears, ...answers } = study.answers
  if (ageYears === undefined) return isReadForAge(study, patient) ? study : readAgain(study)
  return isAnswerOutdated(study, patient) ? readAgain({ ...study, answers }) : study
}

const isReadForAge = ({ dicom, reading, receivedAt, timeUncertain }: Study, patient: Patient): boolean => {
  if (!reading?.age) return false
  const { years, onDate, dayUncertain } = reading.age
  return years === (ageYearsOn(patient, dayUncertain && !timeUncertain ? receivedAt : onDate) ?? dicom?.patientAgeYears)
}

/** An age that was answered on the film stands until the record is put right after it and says another. */
function isAnswerOutdated({ answers, history }: Study, patient: Patient): boolean {
  const corrected = patient.history?.findLast(({ detail }) => detail === AGE_CORRECTED)?.at
  const answered = history.findLast(({ event }) => event === 'answered')?.at
  if (corrected === undefined || answered === undefined || answered >= corrected) return false
  const years = ageYearsOn(patient, answered)
  return years !== undefined && years !== answers.ageYears
}

/** Another reading would end in no verdict at all: there is nothing here to read. */
export const IN_ARCHIVE = problem('object-evicted', 'This image is in the archive and no longer here. Look at it there.')

/** The answers are kept and the study is read again: they may route to another pack. Of an image in the archive only the eye can be put right, and its verdict stays. */
export function answerStudy(study: Study, input: AnswerInput): Result<Study, Problem> {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  if (Object.keys(given).length === 0) {
    return err(problem('answer-missing', 'Nothing was answered: give packId, ageYears or laterality.'))
  }
  if (study.evicted && (input.packId !== undefined || input.ageYears !== undefined)) return err(IN_ARCHIVE)
  const questions = study.questions.filter(({ code }) => code !== 'laterality-conflict' || input.laterality === undefined)
  const answers = { ...study.answers, ...given }
  const answered = { ...study, questions, answers, ...(input.laterality ? firstSide({ ...study, answers: { ...answers, ...study.answers } }) : {}) }
  return ok(study.evicted ? answered : readAgain(answered))
}

/** The form of the programme as filled in now; the image is not read again for it. */
export const answerProgramme = (study: Study, programmeAnswers: ProgrammeAnswers): Study =>
  ({ ...study, programmeAnswers: { ...programmeAnswers, afterReviews: study.reviews.length } })

/** Back to `received`, so that it is read again; an earlier reading stays until the new one replaces it. */
export function retryStudy(study: Study): Result<Study, Problem> {
  if (study.state === 'received' || study.state === 'analysing') {
    return err(problem('not-read-yet', 'This image is already waiting to be read. Nothing more to do.'))
  }
  if (study.evicted) return err(IN_ARCHIVE)
  return ok(readAgain(study))
}

/**
 * The same picture came once more, and is said to be a photograph of a film now: it is read as one. The very same study where that was known, where nothing is here to read, and
 * where it could be read as something else: then it was said by mistake. Not the other way round: who sends a film again and forgets to say so takes nothing back.
 */
export function asFilmPhoto(study: Study, { deviceId }: Pick<ArrivalSource, 'deviceId'>): Study {
  const isOtherKind = study.reading?.quality.gradable === true && study.modality !== 'cxr'
  if (study.source.kind === 'film-photo' || study.object.content === 'dicom' || study.evicted || isOtherKind) return study
  return readAgain({ ...study, source: { ...study.source, kind: 'film-photo', deviceId } })
}

/** Questions that another reading does not answer. */
const STAYS: ReadonlySet<Question['code']> = new Set(['same-uid-other-content', 'whose-is-this', 'laterality-conflict'])

function readAgain(study: Study): Study {
  const { failure: _failure, ...rest } = study
  return { ...rest, state: 'received', attempts: 0, questions: study.questions.filter(({ code }) => STAYS.has(code)) }
}
