import type { Patient } from '../../../domain/patient.js'
import type { Study, StudySummary } from '../../../domain/study.js'

/** After so many ungradable tries the advice is to refer instead of trying again. */
export const ENOUGH_TRIES = 2

/** A pack in service that a person may choose for an image. */
export type PackChoice = { readonly id: string; readonly modality: string }

/** What was typed into the programme's form before a refusal, and the names of the fields that were refused. */
export type ProgrammeDraft = { readonly values: Readonly<Record<string, string>>; readonly wrong: readonly string[] }

/** Everything the page of one study shows. */
export type StudyModel = {
  readonly study: Study
  readonly patient?: Patient
  /** Other images of the same patient, newest first, without this one. */
  readonly others: readonly StudySummary[]
  /** Ungradable images of the same patient, kind and side, this one included. */
  readonly failedTries: number
  /** Packs that can read it. */
  readonly packs: readonly PackChoice[]
  readonly programmeDraft?: ProgrammeDraft
}
