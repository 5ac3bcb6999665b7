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
