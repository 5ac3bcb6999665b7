import type { ExecutionProvider } from '../../domain/finding.js'
import type { Problem } from '../../domain/problem.js'
import type { Reading } from '../../domain/reading.js'
import type { Result } from '../../domain/result.js'

/** One object to read. Answers of a person (`packId`, `ageYears`) override what the file says. */
export type ReadRequest = {
  readonly path: string
  /** Of the object as it was received (hex): nothing is judged from other bytes. Left out: not compared. */
  readonly sha256?: string
  /** By name, for whichever pack reads it; goes before `operatingPoints`. */
  readonly operatingPoint?: string
  /** By pack id, as the site chose; what it fitted on its own cases goes before. */
  readonly operatingPoints?: Readonly<Record<string, string>>
  readonly packId?: string
  /** The object is a photograph of a film: the film in it is read. */
  readonly filmPhoto?: boolean
  readonly ageYears?: number
  /** Where previews and heatmaps are written; it is created. Left out: nothing is written. */
  readonly derivedFolder?: string
  /** Write a heatmap for each finding. Default true with a `derivedFolder`. */
  readonly heatmap?: boolean
}

/** One frame of an object as a PNG of 8 bits a channel; `full` has every pixel, `tablet` at most 1280 on its longest side; `invert` where the reading says `inverted-put-right`, `filmPhoto` where it says `read-from-photo`. */
export type RenderRequest = { readonly path: string; readonly frame: number; readonly size: 'full' | 'tablet'; readonly target: string; readonly invert?: boolean; readonly filmPhoto?: boolean }

/** One pack as the reader sees it; `problem` says why it is out of service. */
export type PackState = {
  readonly id: string; readonly version: string; readonly sha256?: string
  readonly inService: boolean; readonly problem?: Problem
  /** In order, but the pack of this id comes first and reads images of its kind. */
  readonly behind?: string
  /** Serves, but not by the engine that was compiled for it: why. */
  readonly slower?: Problem
  readonly task: string; readonly modality: string
  /** The pack has a least age, so an unknown age is asked for. */
  readonly asksAge: boolean
  /** Names of the operating points of a version that serves. */
  readonly points?: readonly string[]
}

/** `provider` is the one in use by the models, `none` until one is open. */
export type ReaderStatus = {
  readonly provider: ExecutionProvider | 'none'; readonly packs: readonly PackState[]
  readonly alive: boolean; readonly restarts: number
}

/** To the child. */
export type ToChild =
  | { readonly kind: 'read'; readonly id: number; readonly request: ReadRequest }
  | { readonly kind: 'render'; readonly id: number; readonly request: RenderRequest }

/** From the child. `status` comes whenever a pack was checked; `ready` once all of them were; `progress` whenever a stage of what is in hand, or a golden case, is done. */
export type FromChild =
  | { readonly kind: 'status'; readonly provider: ExecutionProvider | 'none'; readonly packs: readonly PackState[]; readonly ready: boolean }
  | { readonly kind: 'progress' }
  | { readonly kind: 'reading'; readonly id: number; readonly result: Result<Reading, Problem> }
  | { readonly kind: 'rendered'; readonly id: number; readonly result: Result<string, Problem> }
