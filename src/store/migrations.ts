import type { Study } from '../domain/study.js'
import type { Upgrade } from './durable-document.js'

/** One step from a version to the next. Pure: it may run again after a power cut. */
export type Migration = { readonly from: number; readonly up: (document: Versioned) => Versioned }
export type Versioned = { readonly formatVersion: number; readonly [part: string]: unknown }

/** The version that this software writes, and the steps that lead to it. */
export type Format = { readonly current: number; readonly migrations: readonly Migration[] }

/** Studies as this release writes them. A change of their shape adds a step here and raises `current`. */
export const STUDY_FORMAT: Format = { current: 1, migrations: [] }

/** The document was written by a release so much newer that this one would misread it. */
export class NewerFormatError extends Error {
  readonly code = 'newer-format'
  constructor(readonly version: number, readonly current: number) {
    super(`This data was written by a newer release (format ${version}, this one reads ${current} and ${current + 1}). Install that release again; nothing was changed.`)
  }
}

/**
 * The document in the current version. One version newer is read as it is: within one version only parts are added, which are kept when the
 * document is written. @throws NewerFormatError
 */
export function migrate(document: Versioned, { current, migrations }: Format): Versioned {
  if (document.formatVersion > current + 1) throw new NewerFormatError(document.formatVersion, current)
  let migrated = document
  while (migrated.formatVersion < current) {
    const step = migrations.find(({ from }) => from === migrated.formatVersion)
    if (!step) throw new Error(`No step leads on from format ${migrated.formatVersion}.`)
    migrated = { ...step.up(migrated), formatVersion: migrated.formatVersion + 1 }
  }
  return migrated
}

/** How a study's document is read. @throws NewerFormatError */
export const upgradeStudy = (format: Format): Upgrade<Study | null> => (data) => {
  if (data === null) return { data, from: undefined }
  const upgraded = migrate(data as unknown as Versioned, format)
  return { data: upgraded as unknown as Study, from: data.formatVersion < format.current ? data.formatVersion : undefined }
}
