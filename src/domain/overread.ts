import type { IsoTime, PatientId } from './ids.js'
import type { Study } from './study.js'

/** What a radiologist of the centre wrote of a study, as it came back. Patient data; shown, and never a verdict of ours. */
export type Overread = {
  readonly at: IsoTime
  /** Id of the destination that it came from. */
  readonly from: string
  readonly sopInstanceUid: string
  /** Reports that it replaces. */
  readonly replaces: readonly string[]
  /** Who signed it, else who wrote it, as the centre writes names. */
  readonly author?: string
  /** The day it was written, yyyy-mm-dd. */
  readonly writtenOn?: string
  /** Somebody signed it, and it is not said to be preliminary. */
  readonly final: boolean
  /** Of whom the image was when it was written, where it was given to another since: its words may speak of that one's age, past and earlier images. */
  readonly of?: PatientId
  /** One a statement: what it is about, and what is said. */
  readonly lines: readonly { readonly about: string; readonly text: string }[]
}

/** The study with one more, or undefined when it has it. */
export function addOverread(study: Study, overread: Overread): Study | undefined {
  const { overreads = [] } = study
  return overreads.some(({ sopInstanceUid }) => sopInstanceUid === overread.sopInstanceUid) ? undefined : { ...study, overreads: [...overreads, overread] }
}

/** The same of an image that is given to somebody: who it was written of is said until it comes back to them (`recordOf`, where their record was merged). */
export function sayOfWhom(study: Study, to: PatientId | undefined, recordOf: (id: PatientId) => PatientId = (id) => id): Study {
  const { overreads, patientId } = study
  if (!overreads) return study
  return { ...study, overreads: overreads.map(({ of = patientId, ...one }) => (of === undefined || of === to || recordOf(of) === to ? one : { ...one, of })) }
}

/** Those that no later one replaces, newest first. */
export function overreadsInForce({ overreads = [] }: Pick<Study, 'overreads'>): readonly Overread[] {
  const replaced = new Set(overreads.flatMap(({ replaces }) => replaces))
  return overreads.filter(({ sopInstanceUid }) => !replaced.has(sopInstanceUid)).toReversed()
}
