import type { IsoTime, StudyId } from './ids.js'
import type { Problem } from './problem.js'
import type { Result } from './result.js'
import type { VisitId } from './visit.js'

/** Where an arrival came from: kind of device, its configured id, and the person when one was there. */
export type ArrivalSource = {
  readonly kind: 'dicom' | 'stow' | 'watched-folder' | 'upload' | 'cli' | (string & {})
  readonly deviceId: string
  /** Login id of the operator, for uploads. */
  readonly operator?: string
  /** Calling AE title, for DICOM. */
  readonly callingAeTitle?: string
  /** Before it was stored the picture was cut or blackened as somebody chose who saw that no name is left in it (`VideoView`). */
  readonly cleaned?: true
}

/**
 * Bytes offered by a device: a complete, closed spool file (ours to move away on success) and what
 * is known of it. `patientId` is set only when a person chose the patient before capturing.
 */
export type Arrival = {
  readonly spoolPath: string
  readonly source: ArrivalSource
  readonly receivedAt: IsoTime
  readonly originalName?: string
  /** From a device that hashed the file while it wrote it: of all of it (hex), and of what begins at `offset`, which identifies the object. */
  readonly hashed?: { readonly offset: number; readonly hashes: { readonly sha256: string; readonly fingerprint: string; readonly bytes: number } }
  readonly patientId?: string
  readonly laterality?: 'L' | 'R'
  /** A person chose this very file and sent it from the page. */
  readonly byHand?: true
  /**
   * The visit that held the device when the picture was begun, from a device that notes it; without it the visit of this moment counts.
   * Null: none held it then, and none of this moment is meant (an import begun without a visit).
   */
  readonly visitId?: VisitId | null
  /** Code of what was being taken then (`HoldingVisit.take`); counts only with `visitId`. */
  readonly take?: string
  /**
   * When it was taken, by a clock that agrees with ours: a picture older than the visit is not of the visit. Null: no time counts, not even one inside
   * the image (a person chose it for the visit, or the machine's clock can't be set).
   */
  readonly takenAt?: IsoTime | null
}

export type Receipt = {
  readonly outcome: 'stored' | 'duplicate' | 'quarantined'
  /** Of the new study, or of the one that already holds the same object; absent when quarantined. */
  readonly studyId?: StudyId
  readonly quarantineId?: string
  readonly problem?: Problem
}

/**
 * `deliver` resolves only when bytes and document are durable (file and folder fsynced), so a device may
 * acknowledge at once. An error result means that nothing was taken (store full, i/o error): the device must not
 * acknowledge and the spool file is still there.
 */
export type Deliver = (arrival: Arrival) => Promise<Result<Receipt, Problem>>
