import type { DeliveryKind, SentIdentity } from '../domain/delivery.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { Study, StudySummary } from '../domain/study.js'
import type { ObjectToStore } from '../dicom/store-scu.js'
import type { Delivery } from '../domain/delivery.js'

/** Where to, what of a study, and on which terms (the site file's entry). */
export type Destination = {
  readonly id: string
  readonly kind: string
  readonly send: readonly ('images' | 'sr' | 'heatmap' | 'heatmap-map' | 'pdf' | 'fhir')[]
  readonly commitment: boolean
  readonly deidentified: boolean
  readonly onCorrection: 'ask' | 'reissue'
  readonly recompress: boolean
  /** Whether it is asked for what was written there of our studies; absent: yes. */
  readonly overreads?: boolean
  /** So many earlier studies of a patient are fetched from it, when there is room on the line; absent or 0: none. */
  readonly priors?: number
  readonly policy: {
    readonly hours?: readonly { readonly from: number; readonly to: number }[]
    readonly onlyUnmetered: boolean
    readonly bytesPerSecond?: number
    readonly bytesPerDay?: number
    /** So long what nobody is named for waits for a name; absent: not at all. */
    readonly holdUnattachedHours?: number
  }
  readonly options: unknown
}

/** Whether the site sends that kind there. */
export const takes = ({ send }: Destination, kind: DeliveryKind): boolean => kind !== 'rejection' && send.includes(kind === 'image' ? 'images' : kind)

/** One object that a study would leave as. */
export type PlannedObject = { readonly kind: DeliveryKind; readonly name?: string; readonly sopClassUid: string; readonly sopInstanceUid: string; readonly studyInstanceUid?: string; readonly seriesInstanceUid?: string }

/** What is carried of a delivery; JSON of FHIR names neither class nor transfer syntax. */
export type MadeObject = ObjectToStore & { readonly mediaType?: 'application/fhir+json'; /** The UID follows from what it says and of whom: another object never has it, whatever its dates and its version say. */ readonly uidSaysContent?: true }

/** What a study says now, and of whom: hashes tell whether it says something else than before. */
export type Description = {
  readonly contentHash: string
  readonly identityHash: string
  readonly identity: SentIdentity
  /** Codes of what the reading looked for, positive or not. */
  readonly findings?: readonly string[]
  /** Whether so hashed an identity names nobody: what left under it did nobody wrong. */
  isNobody(identityHash: string): boolean
  /** The UID of the received object, where an earlier study leaves under it: what an archive says of it is said of that one. */
  readonly takenUid?: string | undefined
  /** The objects of a revision; UIDs follow from study, revision and content, and from how often all had to leave anew. */
  objects(revision: number, reissue: number): readonly PlannedObject[]
  /** As a de-identified destination knows an object. */
  pseudonymous(object: PlannedObject): PlannedObject
  /** The note that takes these UIDs back (IHE IOCM). */
  rejection(destination: string, uids: readonly string[]): PlannedObject
}

/** Makes documents of studies; the uplink carries them and doesn't know what is in them. */
export type Documents = {
  /** Undefined while there is nothing to report. */
  describe(study: Study): Description | undefined
  /** Under whom a study would leave, as far as its line in the index tells; undefined where only the study itself does. */
  identityHashOf?(summary: Pick<StudySummary, 'patientId' | 'receivedAt'>): string | undefined
  /** The bytes of one delivery, the same again at a retry. Problem `changed-meanwhile`: the study says something else than was planned. */
  make(study: Study, delivery: Delivery, destination: Destination): Promise<Result<MadeObject, Problem>>
}
