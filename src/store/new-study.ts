import type { ArrivalSource } from '../domain/arrival.js'
import type { IsoTime, PatientId } from '../domain/ids.js'
import type { DicomFacts, Laterality } from '../domain/image-content.js'
import type { BootTime, Question, StoredObject } from '../domain/study.js'
import type { VisitId } from '../domain/visit.js'

/** A received object on its way to become a study; the spool file is closed and complete. */
export type NewStudy = {
  readonly spoolPath: string
  readonly object: Omit<StoredObject, 'name'>
  readonly source: ArrivalSource
  readonly receivedAt: IsoTime
  readonly timeUncertain: boolean
  /** While the time is uncertain: when it was, by the boot. */
  readonly arrivalClock?: BootTime
  readonly dicom?: DicomFacts
  readonly patientId?: PatientId
  readonly laterality?: Laterality
  readonly questions?: readonly Question[]
  /** The visit it was taken in and what was to be taken; or the visit that may be meant. */
  readonly visitId?: VisitId
  readonly take?: string
  readonly proposedVisitId?: VisitId
}
