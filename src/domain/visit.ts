import type { ArrivalSource } from './arrival.js'
import type { IsoTime, PatientId } from './ids.js'
import type { Laterality, Modality } from './image-content.js'
import type { Question } from './study.js'

/** `V-`, `yyyymmdd-` of the opening (UTC) and eight Crockford base-32 characters; the folder of a closed visit follows from it. */
export type VisitId = string
export const VISIT_ID_PATTERN = /^V-\d{8}-[0-9A-HJKMNP-TV-Z]{8}$/

/** What a nurse takes: `eye-left`, `chest-pa`, `lung-r1`... with what it says of the image. */
export type Take = {
  readonly code: string
  readonly modality: Modality
  readonly laterality?: Laterality
}

/** Six zones a side, as a nurse goes: front, side and back, each upper and lower (Volpicelli et al., Intensive Care Med 2012, 38:577). */
const LUNG_ZONES = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6']

/** Everything that can be taken, in the order of the buttons. */
export const TAKES: readonly Take[] = [
  { code: 'eye-right', modality: 'fundus', laterality: 'R' },
  { code: 'eye-left', modality: 'fundus', laterality: 'L' },
  { code: 'chest-pa', modality: 'cxr' },
  ...LUNG_ZONES.map((zone): Take => ({ code: `lung-${zone}`, modality: 'ultrasound' }))
]

export const takeOf = (code: string): Take | undefined => TAKES.find((take) => take.code === code)

/**
 * What a visit holds: a device of the site file by its id, or one sender of several behind one receiver, `id:AE TITLE`
 * for DICOM and `id:token` for STOW-RS. Two ultrasound machines on one port are two stations.
 */
export type StationId = string

/** The station that an arrival came from. */
export const stationOf = ({ kind, deviceId, callingAeTitle, operator }: ArrivalSource): StationId =>
  callingAeTitle ? `${deviceId}:${callingAeTitle}` : kind === 'stow' && operator ? `${deviceId}:${operator}` : deviceId

/** A station while a visit holds it. `since`: when the visit took it (absent in older documents); `usedAt`: when the nurse last did something about it. */
export type Claim = {
  readonly station: StationId
  readonly take?: Take
  readonly by: string
  readonly since?: IsoTime
  readonly usedAt: IsoTime
}

/** A step that a device reported (MPPS), as it stands. */
export type VisitStep = {
  readonly instanceUid: string
  readonly station: StationId
  readonly status: 'in-progress' | 'completed' | 'discontinued'
  readonly startedAt: IsoTime
  readonly changedAt: IsoTime
}

/** One person's visit: who opened it, which devices it holds and what the devices said of their steps. Its images name it. */
export type Visit = {
  readonly formatVersion: 1
  readonly id: VisitId
  readonly revision: number
  readonly patientId: PatientId
  /** Login id, or `device:` and the station for a visit that a device began from the worklist. */
  readonly openedBy: string
  readonly openedAt: IsoTime
  readonly timeUncertain: boolean
  /** Id of the programme it was opened for. */
  readonly programme?: string
  readonly claims: readonly Claim[]
  readonly steps: readonly VisitStep[]
  /** Patient numbers that are not ours, as the devices had them on images of this visit: `station|number`. */
  readonly deviceNumbers: readonly string[]
  readonly closedAt?: IsoTime
  readonly closedBy?: string
}

/** The visit that holds a device, as the device is told of it. */
export type HoldingVisit = {
  readonly visitId: VisitId
  readonly patientId: PatientId
  /** What is being taken with this device; absent while the nurse has not chosen. */
  readonly take?: Take
}

/** Open, and with nothing but steps of devices: `in-progress` while one runs, then as the last one ended. */
export function progressOf(visit: Pick<Visit, 'steps'>): VisitStep['status'] | undefined {
  if (visit.steps.some(({ status }) => status === 'in-progress')) return 'in-progress'
  return visit.steps.toSorted((a, b) => (a.changedAt < b.changedAt ? -1 : 1)).at(-1)?.status
}

/** Whose an arriving image is and what it shows, decided before it is stored and written in the same document. */
export type Belonging = {
  readonly patientId?: PatientId
  readonly visitId?: VisitId
  /** Code of what was being taken. */
  readonly take?: string
  readonly laterality?: Laterality
  /** The visit that held the device, where the image may be somebody else's: a nurse decides. */
  readonly proposedVisitId?: VisitId
  readonly questions: readonly Question[]
}
