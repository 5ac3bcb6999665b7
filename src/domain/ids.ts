/** `yyyymmdd-` of the receipt (UTC) and eight Crockford base-32 characters; the folder follows from it. */
export type StudyId = string
/** `P-` and eight Crockford base-32 characters. */
export type PatientId = string
/** ISO 8601 with milliseconds, UTC. */
export type IsoTime = string

export const STUDY_ID_PATTERN = /^\d{8}-[0-9A-HJKMNP-TV-Z]{8}$/
export const PATIENT_ID_PATTERN = /^P-[0-9A-HJKMNP-TV-Z]{8}$/
