import type { ArrivalSource } from '../domain/arrival.js'
import type { IsoTime, PatientId } from '../domain/ids.js'
import type { DicomFacts, Laterality } from '../domain/image-content.js'
import type { BootTime, Question, StoredObject, Study } from '../domain/study.js'
import type { VisitId } from '../domain/visit.js'
import { newStudyId } from './identifiers.js'

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

const EXTENSIONS: Readonly<Record<StoredObject['content'], string>> = { dicom: 'dcm', jpeg: 'jpg', png: 'png', tiff: 'tif', bmp: 'bmp' }

/** The file name of an object, by its bytes. */
export const nameOf = ({ sha256, content }: Pick<StoredObject, 'sha256' | 'content'>): string => `${sha256}.${EXTENSIONS[content]}`

/** The document of a study that has just come. */
export function firstVersion(input: NewStudy, sequence: number): Study {
  const { object, source, receivedAt, timeUncertain, dicom, patientId, laterality, visitId, take, proposedVisitId } = input
  return {
    formatVersion: 1, id: newStudyId(receivedAt), revision: 1, state: 'received', sequence,
    receivedAt, timeUncertain, ...(input.arrivalClock ? { arrivalClock: input.arrivalClock } : {}), source, dicom, patientId, laterality, visitId, take, proposedVisitId,
    object: { name: nameOf(object), ...object },
    answers: {}, questions: input.questions ?? [], reviews: [], attempts: 0,
    history: [{ at: receivedAt, event: 'received', by: source.operator ?? source.deviceId }]
  }
}
