import type { IsoTime, PatientId } from './ids.js'

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
  readonly age?: { readonly years: number; readonly onDate: string }
  readonly village?: string
  readonly phone?: string
}

/** Completed years on `date` (yyyy-mm-dd or longer), from the birth date or from the age that was said; undefined when neither is known. */
export function ageYearsOn(patient: Pick<Patient, 'birthDate' | 'age'>, date: string): number | undefined {
  if (patient.birthDate) return yearsBetween(patient.birthDate, date)
  return patient.age ? patient.age.years + yearsBetween(patient.age.onDate, date) : undefined
}

function yearsBetween(from: string, to: string): number {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4))
  return to.slice(5, 10) < from.slice(5, 10) ? years - 1 : years
}
