import type { SentIdentity } from '../domain/delivery.js'
import type { IsoTime } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import { ageYearsOn } from '../domain/patient.js'
import type { Laterality } from '../domain/image-content.js'
import type { Study } from '../domain/study.js'
import { sureLateralityOf } from '../domain/study.js'
import { contentHash } from './derived-uid.js'

/** Under whom a study leaves. */
export type Identity = SentIdentity

const MOST_CHARACTERS = 64

/**
 * The registered person a study is attached to, else what the device said, else nobody under a number of our own, so that nothing waits for a name.
 * What the device said is not repeated while a nurse is asked whose the image is: it may be the person before.
 */
export function identityOf(study: Study, patient: Patient | undefined): Identity {
  if (patient) return registered(patient, study.receivedAt)
  const { dicom, answers } = study
  const age = answers.ageYears ?? dicom?.patientAgeYears
  const ages = age === undefined ? {} : { ageYears: age }
  const isDoubted = study.questions.some(({ code }) => code === 'whose-is-this')
  if (isDoubted || (!dicom?.patientId && !dicom?.patientName)) return { ...nobody(study), ...ages }
  return {
    source: 'device', patientId: longString(dicom.patientId ?? `UNATTACHED-${study.id}`), patientName: dicom.patientName ?? '',
    birthDate: dicom.patientBirthDate ?? '', sex: /^[FMO]$/.test(dicom.patientSex ?? '') ? dicom.patientSex! : '', ...ages
  }
}

/**
 * Whom an identity names. Age is left out: a nurse who tells it later corrects nobody, and what left stays right.
 */
export const identityHashOf = ({ source, patientId, patientName, birthDate, sex }: Identity): string => contentHash({ source, patientId, patientName, birthDate, sex })

/** The eye that a person said in place of the one that the image came as or was first said to be; undefined where nobody said another. What left as the first is wrong. */
export function correctedSideOf(study: Pick<Study, 'answers' | 'laterality' | 'firstLaterality' | 'questions' | 'dicom'>): Laterality | undefined {
  const side = sureLateralityOf(study)
  const said = study.dicom?.laterality ?? study.firstLaterality ?? study.laterality
  return said === undefined || said === side ? undefined : side
}

/** Under whose identity, and as of which eye where it was put right, a study leaves: what left under another hash is wrong. */
export const leavesAs = (study: Study, identity: Identity): string => hashAs(identity, correctedSideOf(study))

/** The same of an eye that was put right, or of none. */
export const hashAs = (identity: Identity, side: Laterality | undefined): string => (side === undefined ? identityHashOf(identity) : contentHash({ of: identityHashOf(identity), side }))

/** Of nobody, as long as nobody says whose a study is. */
export const nobody = ({ id }: Pick<Study, 'id'>): Identity => ({ source: 'none', patientId: `UNATTACHED-${id}`, patientName: '', birthDate: '', sex: '' })

/** A registered person, at the age of that day. */
export function registered(patient: Patient, receivedAt: IsoTime): Identity {
  const age = ageYearsOn(patient, receivedAt)
  return {
    source: 'registered', patientId: longString(patient.identifier ?? patient.id), patientName: personName(patient.name),
    birthDate: patient.birthDate?.replaceAll('-', '') ?? '', sex: patient.sex ?? '', ...(age === undefined ? {} : { ageYears: age })
  }
}

const longString = (text: string): string => text.replaceAll('\\', '/').trim().slice(0, MOST_CHARACTERS)
/** Whole, as the clinic wrote it: nobody said which part is the family's. */
const personName = (name: string): string => name.replaceAll(/[\\^=]/g, ' ').replaceAll(/\s+/g, ' ').trim().slice(0, MOST_CHARACTERS)
