import type { Patient } from '../../../domain/patient.js'
import type { Prior } from '../../../domain/prior.js'
import type { Study, StudySummary } from '../../../domain/study.js'
import type { EyesVerdict } from '../../../programmes/eyes.js'

export { ENOUGH_TRIES } from '../../../programmes/eyes.js'

/** A pack in service that a person may choose for an image. */
export type PackChoice = { readonly id: string; readonly modality: string }

/** What was typed into the programme's form before a refusal, and the names of the fields that were refused. */
export type ProgrammeDraft = { readonly values: Readonly<Record<string, string>>; readonly wrong: readonly string[] }

/** What was answered to the questions, as typed, before a refusal. */
export type AnswerDraft = { readonly packId: string; readonly ageYears: string; readonly laterality: string }

/** Everything the page of one study shows. */
export type StudyModel = {
  readonly study: Study
  readonly patient?: Patient
  /** Other images of the same patient, newest first, without this one. */
  readonly others: readonly StudySummary[]
  /** What both eyes say, for each of the others that is a photo of one. */
  readonly eyesOf?: (line: StudySummary) => EyesVerdict | undefined
  /** Its earlier image from the centre, newer than the one before it here. */
  readonly prior?: Prior
  /** Ungradable images of the same patient, kind and side, this one included. */
  readonly failedTries: number
  /** Packs that can read it. */
  readonly packs: readonly PackChoice[]
  /** Both eyes of the person in the round of this photo; of a photo of nobody yet, it alone. */
  readonly eyes?: EyesVerdict
  /** A newer round was photographed since: nothing of this one is asked for. */
  readonly isOldRound?: boolean
  readonly programmeDraft?: ProgrammeDraft
  readonly answerDraft?: AnswerDraft
  /** The study is shown to its second reader, without what others decided. */
  readonly blind?: boolean
}
