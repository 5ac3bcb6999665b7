import type { PatientId } from './ids.js'
import type { Laterality, Modality } from './image-content.js'

/** `V-` and twelve Crockford base-32 characters. */
export type VisitId = string
export const VISIT_ID_PATTERN = /^V-[0-9A-HJKMNP-TV-Z]{12}$/

/** What a nurse takes: `eye-left`, `chest-pa`, `lung-r1`... with what it says of the image. */
export type Take = {
  readonly code: string
  readonly modality: Modality
  readonly laterality?: Laterality
}

/** The visit that holds a device, as the device is told of it. */
export type HoldingVisit = {
  readonly visitId: VisitId
  readonly patientId: PatientId
  /** What is being taken with this device; absent while the nurse has not chosen. */
  readonly take?: Take
}
