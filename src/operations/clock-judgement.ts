import type { IsoTime } from '../domain/ids.js'

/** network: the kernel says it is synchronised. tablet: a person accepted a tablet's clock in this boot. own: nothing speaks against it. */
export type ClockSource = 'network' | 'tablet' | 'own'
export type ClockDoubt = 'never-set' | 'behind' | 'no-battery'

export type ClockEvidence = {
  readonly now: Date
  /** The newest time that was ever trusted here. */
  readonly lastSeen?: IsoTime
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
const TOLERANCE_MS = 5 * 60_000

/** Whether a time may stand in a record without a mark. A clock that stood still while the power was off can only be told by the want of a battery. */
export function judgeClock(evidence: ClockEvidence): { readonly trusted: true; readonly source: ClockSource } | { readonly trusted: false; readonly doubt: ClockDoubt } {
  const { now, lastSeen, sameBoot, hasBatteryClock, synchronised, learnt } = evidence
  if (synchronised) return { trusted: true, source: 'network' }
  if (learnt) return { trusted: true, source: 'tablet' }
  if (now.getUTCFullYear() < EARLIEST_YEAR) return { trusted: false, doubt: 'never-set' }
  if (lastSeen !== undefined && now.getTime() < Date.parse(lastSeen) - TOLERANCE_MS) return { trusted: false, doubt: 'behind' }
  if (lastSeen !== undefined && !sameBoot && !hasBatteryClock) return { trusted: false, doubt: 'no-battery' }
  return { trusted: true, source: 'own' }
}

/** Whether a time that a person offers can be right. */
export const isPlausible = (offered: Date, lastSeen: IsoTime | undefined): boolean =>
  offered.getUTCFullYear() >= EARLIEST_YEAR && offered.getUTCFullYear() < EARLIEST_YEAR + 50 && (lastSeen === undefined || offered.getTime() >= Date.parse(lastSeen) - TOLERANCE_MS)
