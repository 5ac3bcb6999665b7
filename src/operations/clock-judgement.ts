import type { IsoTime } from '../domain/ids.js'

/** network: the kernel says it is synchronised. tablet: a person accepted a tablet's clock in this boot. own: nothing speaks against it. */
export type ClockSource = 'network' | 'tablet' | 'own'
export type ClockDoubt = 'never-set' | 'ahead' | 'behind' | 'no-battery' | 'note-lost'

export type ClockEvidence = {
  readonly now: Date
  /** The newest time that was ever trusted here. */
  readonly lastSeen?: IsoTime
  /** What was known of that is damaged, and nobody has told the time since. */
  readonly noteLost?: boolean
  /** Whether that was in this boot. */
  readonly sameBoot: boolean
  /** Whether a battery keeps the clock while the power is off. */
  readonly hasBatteryClock: boolean
  readonly synchronised: boolean
  /** The true time at the start of this boot is known. */
  readonly learnt: boolean
}

/** Before this release's year no clock was ever set. */
const EARLIEST_YEAR = 2026
/** Nor is a release used so long that a clock may say this by itself. */
const AHEAD_YEAR = EARLIEST_YEAR + 10
const TOLERANCE_MS = 5 * 60_000

const isAhead = (time: Date): boolean => time.getUTCFullYear() >= AHEAD_YEAR
export const isBefore = (time: Date, seen: IsoTime | undefined): boolean => seen !== undefined && time.getTime() < Date.parse(seen) - TOLERANCE_MS

/** Whether a time may stand in a record without a mark. A clock that stood still while the power was off can only be told by the want of a battery. */
export function judgeClock(evidence: ClockEvidence): { readonly trusted: true; readonly source: ClockSource } | { readonly trusted: false; readonly doubt: ClockDoubt } {
  const { now, lastSeen, sameBoot, hasBatteryClock, synchronised, learnt, noteLost } = evidence
  if (synchronised) return { trusted: true, source: 'network' }
  if (learnt) return { trusted: true, source: 'tablet' }
  if (now.getUTCFullYear() < EARLIEST_YEAR) return { trusted: false, doubt: 'never-set' }
  if (isAhead(now)) return { trusted: false, doubt: 'ahead' }
  if (noteLost) return { trusted: false, doubt: 'note-lost' }
  if (isBefore(now, lastSeen)) return { trusted: false, doubt: 'behind' }
  if (lastSeen !== undefined && !sameBoot && !hasBatteryClock) return { trusted: false, doubt: 'no-battery' }
  return { trusted: true, source: 'own' }
}

/** The newest time that speaks against an earlier one: a far future that no network said was a clock's mistake, or a tablet's. */
export const seenOf = (lastSeen: IsoTime | undefined, networkSeen: IsoTime | undefined): IsoTime | undefined =>
  lastSeen !== undefined && isAhead(new Date(lastSeen)) ? networkSeen : lastSeen

/** Whether a time that a person offers can be right: never before one that the network had said. */
export const isPlausible = (offered: Date, networkSeen: IsoTime | undefined): boolean =>
  offered.getUTCFullYear() >= EARLIEST_YEAR && offered.getUTCFullYear() < EARLIEST_YEAR + 50 && !isBefore(offered, networkSeen)
