import type { IsoTime } from '../domain/ids.js'

/** How a pass of the slow check went, or goes. */
export type ScrubTally = {
  readonly startedAt: IsoTime
  readonly finishedAt?: IsoTime
  /** Studies looked at, other documents, and bytes read. */
  readonly studies: number
  readonly documents?: number
  readonly bytes: number
  /** What was not as it should be, and what of that was put right. */
  readonly found: number
  readonly repaired: number
}

/** `<data>/operations/scrub.json`: where a pass goes on after a restart. */
export type ScrubRecord = {
  readonly formatVersion: 1
  readonly paused: boolean
  /** The pass under way, and the sequence of the last study it has looked at. */
  readonly current?: ScrubTally & { readonly after: number }
  readonly last?: ScrubTally
}

export const firstRecord: ScrubRecord = { formatVersion: 1, paused: false }

export const beginPass = (record: ScrubRecord, startedAt: IsoTime): ScrubRecord =>
  ({ ...record, current: record.current ?? { startedAt, studies: 0, bytes: 0, found: 0, repaired: 0, after: 0 } })

export function endPass({ current, ...record }: ScrubRecord, finishedAt: IsoTime): ScrubRecord {
  if (!current) return record
  const { after: _after, ...tally } = current
  return { ...record, last: { ...tally, finishedAt } }
}

/** When the next pass is due, in milliseconds since 1970; 0 when there was none, or one that ended in what is still to come: a clock was wrong then. */
export function dueAt({ last }: ScrubRecord, everyDays: number, now: number): number {
  const finished = last?.finishedAt === undefined ? 0 : Date.parse(last.finishedAt)
  return finished === 0 || finished > now ? 0 : finished + everyDays * 24 * 3_600_000
}
