import type { Problem } from '../../domain/problem.js'
import type { Frame } from './framing.js'
import type { LineRange } from './line-set.js'
import type { Identity, ScanHeader } from './messages.js'

/** What a spool still holds of a scan from before. */
export type StoredScan = { readonly header: ScanHeader; readonly held: readonly LineRange[] }

/** What the world tells the session; `at` is monotonic milliseconds. */
export type SessionEvent =
  | { readonly type: 'opened'; readonly at: number }
  | { readonly type: 'tick'; readonly at: number }
  | { readonly type: 'frame'; readonly at: number; readonly frame: Frame }
  /** Bytes so far that belonged to no frame. */
  | { readonly type: 'noise'; readonly at: number; readonly bytes: number }
  | { readonly type: 'spool-found'; readonly at: number; readonly key: string; readonly stored?: StoredScan }
  /** Lines below `mark` survive a power cut. */
  | { readonly type: 'kept'; readonly at: number; readonly key: string; readonly mark: number }
  | { readonly type: 'delivered'; readonly at: number; readonly key: string }
  | { readonly type: 'not-delivered'; readonly at: number; readonly key: string }
  | { readonly type: 'damaged'; readonly at: number; readonly key: string }
  | { readonly type: 'scan-requested'; readonly at: number; readonly dpi: number; readonly bits: number }
  | { readonly type: 'abort-requested'; readonly at: number }

/** What the session wants done, in order. */
export type SessionAction =
  | { readonly type: 'send'; readonly message: number; readonly tag: number; readonly payload: Buffer }
  | { readonly type: 'identified'; readonly identity: Identity }
  /** Look for what is held of this scan; answered by `spool-found`. */
  | { readonly type: 'find-spool'; readonly key: string }
  /** Begin anew, whatever was there. `isOfNow` is false for a scan that the device had before we listened to it: nobody knows when it began. */
  | { readonly type: 'begin-spool'; readonly key: string; readonly header: ScanHeader; readonly isOfNow: boolean }
  | { readonly type: 'write-line'; readonly index: number; readonly samples: Buffer }
  /** Make the lines written so far durable; answered by `kept`. */
  | { readonly type: 'checkpoint'; readonly key: string }
  /** All lines are there: check, close and deliver the image; answered by `delivered`, `not-delivered` or `damaged`. */
  | { readonly type: 'finish'; readonly key: string; readonly lines: number; readonly imageCrc: number }
  /** The lines are worth nothing, and come once more; whose scan it is stays noted. */
  | { readonly type: 'drop-lines'; readonly key: string }
  /** The device has forgotten the scan, or is told to: so may we. */
  | { readonly type: 'drop-spool'; readonly key: string }
  | { readonly type: 'report'; readonly problem: Problem }
  | { readonly type: 'close'; readonly problem: Problem }

export type SessionTiming = {
  /** A command without answer is repeated after this. */
  readonly replyMs: number
  readonly pollMs: number
  /** Commands without any answer before the link is given up. */
  readonly tries: number
  /** Without a new line for so long, missing lines are asked for again (plus the time of two lines on the wire). */
  readonly lineMs: number
  readonly stallMs: number
  readonly checkpointMs: number
  /** The longest wait between attempts to deliver. */
  readonly deliverAgainMs: number
}

export const DEFAULT_TIMING: SessionTiming = {
  replyMs: 1000, pollMs: 1000, tries: 5, lineMs: 400, stallMs: 60_000, checkpointMs: 500, deliverAgainMs: 30_000
}
