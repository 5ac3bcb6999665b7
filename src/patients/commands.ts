import { randomUUID } from 'node:crypto'
import type { OutcomeInput, RegionInput } from '../domain/study-additions.js'
import { enterOutcome, markRegion, noteOn, withdrawRegion } from '../domain/study-additions.js'
import type { AnswerInput, ReviewInput } from '../domain/study-changes.js'
import { answerProgramme, answerStudy, attachStudy, retryStudy, reviewStudy } from '../domain/study-changes.js'
import type { PatientId, StudyId } from '../domain/ids.js'
import type { Laterality } from '../domain/image-content.js'
import type { EyeExcuse, Patient } from '../domain/patient.js'
import { AGE_CORRECTED, ageYearsOn } from '../domain/patient.js'
import type { ProgrammeAnswers } from '../domain/programme-answers.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { ok } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { VisitId } from '../domain/visit.js'
import type { Clock } from '../platform/clock.js'
import type { StudyStore } from '../store/study-store.js'
import { readFilmsOfOtherAge } from './films-of-age.js'
import type { PatientMerges } from './merge.js'
import { createPatientMerges } from './merge.js'
import type { PatientInput, PatientRegistry } from './patients.js'
import type { Visits } from './visits.js'

/** Who changes, and the revision they saw; without a revision the change applies to whatever stands. */
export type ChangeBy = { readonly by: string; readonly expectedRevision?: number }

/**
 * What a person does to a study. An error result is a rule that says no, in words; thrown are
 * NotFoundError (no such study or patient), RevisionConflictError (changed meanwhile) and StoreFullError.
 */
export type StudyCommands = {
  review(id: StudyId, input: ReviewInput, who: ChangeBy): Promise<Result<Study, Problem>>
  note(id: StudyId, text: string, who: ChangeBy): Promise<Result<Study, Problem>>
  markRegion(id: StudyId, region: RegionInput, who: ChangeBy): Promise<Result<Study, Problem>>
  withdrawRegion(id: StudyId, regionId: string, who: ChangeBy): Promise<Result<Study, Problem>>
  /** What became of it later; the caller has checked it against the programme's list. */
  enterOutcome(id: StudyId, outcome: OutcomeInput, who: ChangeBy): Promise<Result<Study, Problem>>
  /** `patientId` undefined detaches. */
  attach(id: StudyId, patientId: PatientId | undefined, who: ChangeBy & { /** The visit it was taken in. */ readonly visitId?: VisitId }): Promise<Result<Study, Problem>>
  /** An age is also kept in the patient's record where that says none. */
  answer(id: StudyId, input: AnswerInput, who: ChangeBy): Promise<Result<Study, Problem>>
  /** Keeps the programme's form; the caller has validated the answers and worked out what they ask for. */
  answerProgramme(id: StudyId, filled: Omit<ProgrammeAnswers, 'at' | 'by'>, who: ChangeBy): Promise<Result<Study, Problem>>
  retry(id: StudyId, who: ChangeBy): Promise<Result<Study, Problem>>
  /** All facts of the person replaced; chest films that were read for another age are read again, also those of an earlier correction that could not be. @throws NotFoundError, RevisionConflictError, StoreFullError */
  updatePatient(id: PatientId, input: PatientInput, who: ChangeBy): Promise<Result<Patient, Problem>>
  /** Why an eye of this person is not photographed; undefined takes the reason back. */
  excuseEye(id: PatientId, eye: { readonly side: Laterality; readonly excuse?: EyeExcuse }, who: ChangeBy): Promise<Patient>
} & Omit<PatientMerges, 'finish'>

/** Carries a rule's refusal out of `store.change`, which writes nothing when its function throws. */
class Refusal extends Error {
  constructor(readonly result: { readonly ok: false; readonly error: Problem }) { super(result.error.message) }
}

/** An age that was said of one film is the person's: kept where their record says none, so that the next film does not ask and those read without it are read again. */
async function keepAge(parts: { store: StudyStore; patients: PatientRegistry; clock: Clock }, { patientId }: Study, { ageYears, by }: { ageYears: number; by: string }): Promise<void> {
  const before = patientId === undefined ? undefined : parts.patients.find(patientId)
  const today = parts.clock.now().toISOString()
  if (!before || before.birthDate !== undefined || ageYearsOn(before, today) !== undefined) return
  const after = await parts.patients.change(before.id, { by, event: 'changed', detail: AGE_CORRECTED }, (patient) => ({ ...patient, age: { years: ageYears, ...parts.patients.today() } }))
  await readFilmsOfOtherAge(parts, after, by)
}

export function createStudyCommands(parts: { store: StudyStore; patients: PatientRegistry; clock: Clock; visits: Pick<Visits, 'read'> }): StudyCommands {
  const { store, patients, clock } = parts
  const merges = createPatientMerges(parts)
  const stamp = ({ by }: ChangeBy) => ({ at: clock.now().toISOString(), by })
  const change = async (id: StudyId, event: string, who: ChangeBy, next: (study: Study) => Result<Study, Problem>) => {
    try {
      return ok(await store.change(id, { ...who, event }, (study) => {
        const changed = next(study)
        if (!changed.ok) throw new Refusal(changed)
        return changed.value
      }))
    } catch (error) {
      if (error instanceof Refusal) return error.result
      throw error
    }
  }
  return {
    review: (id, input, who) =>
      change(id, `review.${input.action}`, who, (study) => reviewStudy(study, input, clock.now().toISOString(), who.by)),
    note: (id, text, who) => change(id, 'note', who, (study) => noteOn(study, text, stamp(who))),
    markRegion: (id, region, who) => change(id, 'region.marked', who, (study) => markRegion(study, { ...region, id: randomUUID() }, stamp(who))),
    withdrawRegion: (id, regionId, who) => change(id, 'region.withdrawn', who, (study) => withdrawRegion(study, regionId, stamp(who))),
    enterOutcome: (id, outcome, who) => change(id, 'outcome', who, (study) => enterOutcome(study, outcome, stamp(who))),
    async attach(id, patientId, { visitId, ...who }) {
      const patient = patientId === undefined ? undefined : patients.find(patientId) ?? patients.get(patientId)
      return change(id, patient === undefined ? 'patient.detached' : 'patient.attached', who, (study) => ok(attachStudy(study, patient?.id, visitId, (other) => patients.find(other)?.id ?? other)))
    },
    async answer(id, input, who) {
      const answered = await change(id, 'answered', who, (study) => answerStudy(study, input))
      if (answered.ok && input.ageYears !== undefined) await keepAge(parts, answered.value, { ageYears: input.ageYears, by: who.by })
      return answered
    },
    answerProgramme: (id, filled, who) =>
      change(id, 'programme.answered', who, (study) => ok(answerProgramme(study, { ...filled, at: clock.now().toISOString(), by: who.by }))),
    retry: (id, who) => change(id, 'retry', who, retryStudy),
    async updatePatient(id, input, who) {
      const updated = await patients.update(id, input, who)
      if (updated.ok) await readFilmsOfOtherAge(parts, updated.value, who.by)
      return updated
    },
    excuseEye(id, { side, excuse }, who) {
      const { clock: uncertain } = patients.today()
      const given = excuse && { excuse, ...stamp(who), ...(uncertain ? { clock: uncertain } : {}) }
      return patients.change(id, { ...who, event: 'eye-excused', detail: `${side} ${excuse ?? 'none'}` }, ({ eyeExcuses: { [side]: _before, ...others } = {}, ...patient }) =>
        ({ ...patient, eyeExcuses: given ? { ...others, [side]: given } : others }))
    },
    merge: merges.merge, unmerge: merges.unmerge
  }
}
