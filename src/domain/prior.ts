import type { IsoTime, PatientId } from './ids.js'
import type { Laterality, Modality } from './image-content.js'
import type { Patient } from './patient.js'

/** Whom an image of an archive names, as it stands in the object; dates as `yyyymmdd`. */
export type NamedPerson = { readonly patientId?: string; readonly patientName?: string; readonly patientBirthDate?: string; readonly patientSex?: string }

/** An earlier image of a patient that an archive has: only its picture is kept, to be looked at beside a new one. No study of this appliance. */
export type Prior = {
  readonly formatVersion: 1
  readonly patientId: PatientId
  readonly person: NamedPerson
  readonly sopInstanceUid: string
  readonly studyInstanceUid: string
  readonly modality: Modality
  readonly laterality?: Laterality
  /** yyyy-mm-dd. */
  readonly takenOn: string
  /** Id of the destination. */
  readonly from: string
  readonly fetchedAt: IsoTime
  /** Of the picture, hex; absent where an earlier release kept it. */
  readonly pictureSha256?: string
}

const words = (name: string): string => name.normalize('NFC').toLowerCase().split(/[\s^=,.]+/).filter((part) => part !== '').sort().join(' ')

/** Whether nothing that is known of both speaks against one person under one number. */
export function mayBeSame({ identifier, sex, birthDate }: Patient, { patientId, patientSex, patientBirthDate }: NamedPerson): boolean {
  if (!identifier || patientId?.trim() !== identifier.trim()) return false
  if (patientBirthDate && birthDate && patientBirthDate !== birthDate.replaceAll('-', '')) return false
  return !(sex && (patientSex === 'F' || patientSex === 'M') && sex !== 'O' && patientSex !== sex)
}

/** The same number is another person's at another clinic: the birth date or every word of the name must agree too. */
export function isSame(patient: Patient, person: NamedPerson): boolean {
  if (!mayBeSame(patient, person)) return false
  if (patient.birthDate && person.patientBirthDate) return true
  return words(patient.name) !== '' && words(patient.name) === words(person.patientName ?? '')
}
