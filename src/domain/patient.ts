import type { IsoTime, PatientId, StudyId } from './ids.js'
import type { Laterality } from './image-content.js'
import type { BootTime } from './study.js'

/** Why an eye is not photographed: there is none, an eye doctor treats it already, or the person does not want it. */
export const EYE_EXCUSES = ['no-eye', 'in-care', 'declined'] as const
export type EyeExcuse = (typeof EYE_EXCUSES)[number]
/** `clock` where nobody could vouch for the time, until it is known what it was. */
export type EyeExcuses = Readonly<Partial<Record<Laterality, { readonly excuse: EyeExcuse; readonly at: IsoTime; readonly by: string; readonly clock?: BootTime }>>>

/** One line of what happened to a person's record; `detail` is an id or a code, never what was written before. */
export type PatientEvent = { readonly at: IsoTime; readonly event: 'changed' | 'eye-excused' | 'merged-into' | 'merged-from' | 'unmerged'; readonly by: string; readonly detail?: string }

/** `detail` of a `changed` that made the person older or younger. */
export const AGE_CORRECTED = 'age'

/** On which day it was said; `clock` where nobody could vouch for that day, until it is known what the time was. */
export type SaidOn = { readonly onDate: string; readonly clock?: BootTime }

/** What one record of a person can say and the other does not: an eye is its recorded excuse. */
export type PersonFact = 'sex' | 'birthDate' | 'age' | 'pregnancy' | Laterality

/** Which facts a merged record gave to the other; `pregnancy` is the earlier answer there that its own replaced. */
export type GivenFacts = { readonly gave?: readonly PersonFact[]; readonly pregnancy?: NonNullable<Patient['pregnancy']> }

/** A registered person. Either `birthDate` or `ageYears` (with the date it was said) may be missing. */
export type Patient = {
  readonly id: PatientId
  readonly revision: number
  readonly registeredAt: IsoTime
  readonly registeredBy: string
  /** As written by the clinic, any script. */
  readonly name: string
  /** The clinic's own number, barcode or national id. */
  readonly identifier?: string
  readonly sex?: 'F' | 'M' | 'O'
  readonly birthDate?: string
  readonly age?: SaidOn & { readonly years: number }
  readonly village?: string
  readonly phone?: string
  /** As last said, and when: it holds for `PREGNANCY_DAYS`. */
  readonly pregnancy?: SaidOn & { readonly answer: 'yes' | 'no' | 'unknown' }
  readonly eyeExcuses?: EyeExcuses
  /** This record is the same person as another one, which took its studies over; `studies` go back when it is undone, and so does what it `gave`. */
  readonly merged?: { readonly into: PatientId; readonly at: IsoTime; readonly by: string; readonly studies: readonly StudyId[] } & GivenFacts
  readonly history?: readonly PatientEvent[]
}

/** After so many days what was said of a pregnancy is not known any more. */
const PREGNANCY_DAYS = 280

/** What was said of a pregnancy, while it still holds on `date`; a yes of a day that nobody knows holds until it is said anew. */
export function pregnancyOn(patient: Pick<Patient, 'pregnancy'>, date: string): 'yes' | 'no' | 'unknown' | undefined {
  const { pregnancy } = patient
  if (pregnancy?.clock && pregnancy.answer === 'yes') return 'yes'
  return pregnancy && Date.parse(date.slice(0, 10)) - Date.parse(pregnancy.onDate) <= PREGNANCY_DAYS * 86_400_000 ? pregnancy.answer : undefined
}

/** Completed years on `date` (yyyy-mm-dd or longer), from the birth date or from the age that was said (no less than that where a clock was put back, and just that while nobody knows the day: a clock in 1970 would make a child grown-up); undefined when neither is known, and on a day before the birth, which a clock that nobody set shows. */
export function ageYearsOn(patient: Pick<Patient, 'birthDate' | 'age'>, date: string): number | undefined {
  if (patient.birthDate) return date.slice(0, 10) < patient.birthDate ? undefined : yearsBetween(patient.birthDate, date)
  if (!patient.age || patient.age.clock) return patient.age?.years
  return patient.age.years + Math.max(0, yearsBetween(patient.age.onDate, date))
}

function yearsBetween(from: string, to: string): number {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4))
  return to.slice(5, 10) < from.slice(5, 10) ? years - 1 : years
}
