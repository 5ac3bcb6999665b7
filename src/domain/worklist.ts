import type { IsoTime, PatientId } from './ids.js'

/** One person to be examined, as a device's worklist shows it. Patient data, never to be logged. */
export type WorklistItem = {
  readonly patientId: PatientId
  /** As the clinic writes it, any script. */
  readonly patientName: string
  readonly sex?: 'F' | 'M' | 'O'
  /** yyyy-mm-dd */
  readonly birthDate?: string
  /** The clinic's day, yyyy-mm-dd, and time of day, hh:mm. */
  readonly date: string
  readonly time?: string
  readonly description?: string
  /** DICOM Modality (US, OP, DX...) and AE title of the device it is meant for; absent: any device may take it. */
  readonly modality?: string
  readonly stationAeTitle?: string
  /** Of the centre's own order, and the study that it wants the images in. */
  readonly accessionNumber?: string
  readonly studyInstanceUid?: string
}

/** What a device asks for; absent keys match everything. Wildcards `*` and `?` in the name and the id. */
export type WorklistQuery = {
  readonly patientId?: string
  readonly patientName?: string
  readonly modality?: string
  readonly stationAeTitle?: string
  /** First and last day, yyyy-mm-dd. */
  readonly from?: string
  readonly to?: string
}

/** A step that a device says it began or ended (MPPS); `patientId` as the device knows it. */
export type PerformedStep = {
  readonly instanceUid: string
  readonly deviceId: string
  readonly callingAeTitle: string
  readonly status: 'in-progress' | 'completed' | 'discontinued'
  readonly at: IsoTime
  readonly patientId?: string
  readonly studyInstanceUid?: string
}

/** Whether a person of the worklist answers a query (PS3.4 K.2.2). An item for any device answers every device. */
export function matchesWorklist(item: WorklistItem, query: WorklistQuery): boolean {
  return (query.patientId === undefined || wildcard(query.patientId).test(item.patientId)) &&
    (query.patientName === undefined || nameMatches(item.patientName, query.patientName)) &&
    (query.modality === undefined || item.modality === undefined || item.modality === query.modality) &&
    (query.stationAeTitle === undefined || item.stationAeTitle === undefined || item.stationAeTitle === query.stationAeTitle) &&
    (query.from === undefined || item.date >= query.from) && (query.to === undefined || item.date <= query.to)
}

/** Clinics write names in either order and in one field: each word asked for has to be a word of the name, in whatever place. */
function nameMatches(name: string, asked: string): boolean {
  const words = wordsOf(name)
  return wordsOf(asked).every((word) => words.some((each) => wildcard(word).test(each)))
}

const wordsOf = (name: string): string[] => name.normalize('NFC').split(/[\s^=,]+/).filter((word) => word !== '')

const wildcard = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 'iu')
