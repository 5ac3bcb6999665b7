import type { StudyId } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import { AGE_CORRECTED } from '../domain/patient.js'
import { readForAge } from '../domain/study-changes.js'
import type { StudyStore } from '../store/study-store.js'
import type { PatientRegistry } from './patients.js'
import { tryEach } from './try-each.js'

type Parts = { readonly store: StudyStore; readonly patients: PatientRegistry }

const MOST_FILMS = 1000

const isCorrected = ({ history = [] }: Patient): boolean => history.some(({ detail }) => detail === AGE_CORRECTED)

/**
 * A score that was given for another age is no score of this person: after the age in the record was put right, the chest films that were read for another one
 * are read again. One that fails stops no other.
 * @throws what the first of them failed by, when all were tried; not of a damaged one, which its repair has read anew
 */
export async function readFilmsOfOtherAge({ store }: Pick<Parts, 'store'>, patient: Patient, by: string): Promise<void> {
  if (!isCorrected(patient)) return
  const films = store.list({ patientId: patient.id, modality: 'cxr', limit: MOST_FILMS }).studies
  const failed = await tryEach(films, ({ id }) => readAgain(store, { id, patient, by }))
  if (failed.length > 0) throw failed[0]
}

/** At a start: what a power cut or a full disk kept from being read again. Resolves to how many films could not be changed now either. Stops between two films when the signal says so. */
export async function finishFilmsOfOtherAge({ store, patients }: Parts, signal?: AbortSignal): Promise<number> {
  const corrected = new Map(patients.all().filter(isCorrected).map((patient) => [patient.id, patient]))
  const films = corrected.size === 0 ? [] : store.summaries().flatMap(({ id, modality, patientId = '' }) => {
    const patient = modality === 'cxr' ? corrected.get(patientId) : undefined
    return patient ? [{ id, patient }] : []
  })
  return (await tryEach(films, async (film) => { if (!signal?.aborted) await readAgain(store, { ...film, by: 'system' }) })).length
}

/** When the time became known: films whose age was reckoned by a clock that nobody had set, a person before their birth being too young for any reading. Resolves to how many could not be changed. */
export async function readFilmsOfOtherDay({ store, patients }: Parts): Promise<number> {
  const films = store.summaries().flatMap(({ id, patientId = '', ageDayUncertain, timeUncertain }) => {
    const patient = ageDayUncertain && !timeUncertain ? patients.find(patientId) : undefined
    return patient ? [{ id, patient }] : []
  })
  return (await tryEach(films, (film) => readAgain(store, { ...film, by: 'system' }))).length
}

async function readAgain(store: StudyStore, { id, patient, by }: { readonly id: StudyId; readonly patient: Patient; readonly by: string }): Promise<void> {
  const study = await store.read(id)
  if (readForAge(study, patient) !== study) await store.change(id, { by, event: 'retry', detail: 'age-corrected' }, (now) => readForAge(now, patient))
}
