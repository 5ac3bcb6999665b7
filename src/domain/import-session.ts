import type { IsoTime } from './ids.js'
import type { Laterality } from './image-content.js'
import type { Problem } from './problem.js'

/** One picture on a stick or card, as the page lists it. Its name may hold a patient's: it never goes into a log or an address. */
export type ListedFile = {
  /** Stands for path, size and time of the file: a changed file has another. 16 hexadecimal digits. */
  readonly key: string
  readonly name: string
  /** Folders below the medium, joined by `/`; empty at its top. */
  readonly folder: string
  readonly bytes: number
  readonly modifiedAt: IsoTime
  /** What the name or a folder says of the eye. */
  readonly laterality?: Laterality
  /** It was imported before and is in the store. */
  readonly taken: boolean
}

/**
 * listing: its files are being counted. ready: a person chooses. importing: under way. waiting: nothing can be taken now (no room), tried
 * again by itself. interrupted: pulled in mid-import, goes on when it returns. done: everything asked for is safe, it may be taken out.
 */
export type MediumPhase = 'listing' | 'ready' | 'importing' | 'waiting' | 'interrupted' | 'done'

/** A stick, card or camera that is plugged in, or was pulled before its import ended. */
export type MediumView = {
  readonly id: string
  readonly phase: MediumPhase
  /** Pictures on it, of which so many were imported before; absent until they are counted. */
  readonly pictures?: number
  readonly taken?: number
  /** Files that are no pictures, and are left alone. */
  readonly others?: number
  readonly import?: {
    readonly wanted?: number
    readonly done: number
    /** Files that could not be taken, the first hundred. */
    readonly failed: readonly { readonly name: string; readonly problem: Problem }[]
    readonly failures: number
    /** Which were no images, and lie in quarantine. */
    readonly quarantined: number
    /** Whose visit the pictures go to; absent when nobody was chosen. */
    readonly visitId?: string
  }
  readonly problem?: Problem
}

/** What a device of the kind `mass-storage` shows. */
export type ImportSession = { readonly type: 'import'; readonly media: readonly MediumView[] }
