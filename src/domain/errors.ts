/** The store has no room for what was offered: DICOM 0xA700, HTTP 507, serial NAK. */
export class StoreFullError extends Error {
  readonly code = 'store-full'
}

/** Somebody changed the document since it was read; `current` is the revision that stands now. */
export class RevisionConflictError extends Error {
  readonly code = 'revision-conflict'
  constructor(readonly current: number) {
    super(`The study was changed meanwhile (revision ${current}). Load it again and repeat the change.`)
  }
}

/** There is no such study, patient, token or file. */
export class NotFoundError extends Error {
  readonly code = 'not-found'
}

/** A document or object on disk does not match its checksum. */
export class DamagedError extends Error {
  readonly code = 'damaged'
}
