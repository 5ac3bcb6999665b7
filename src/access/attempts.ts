import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'

/** Wrong PINs in a row for one login id; `lockedUntil` is in force while it lies ahead. */
export type Failures = { readonly count: number; readonly lockedUntil?: IsoTime }

export const NO_FAILURES: Failures = { count: 0 }

const FREE_FAILURES = 5
const FIRST_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 60 * 60_000

/** One more failure: from the fifth on locked for 1, 2, 4... minutes, one hour at most. */
export function addFailure(failures: Failures, now: Date): Failures {
  const count = failures.count + 1
  if (count < FREE_FAILURES) return { count }
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(count - FREE_FAILURES, 16))
  return { count, lockedUntil: new Date(now.getTime() + waitMs).toISOString() }
}

/** `locked` while the wait lasts. */
export function lockProblem(failures: Failures, now: Date): Problem | undefined {
  if (!failures.lockedUntil) return undefined
  const leftMs = Date.parse(failures.lockedUntil) - now.getTime()
  if (leftMs <= 0) return undefined
  return problem('locked', `Too many wrong PINs. Wait ${inWords(leftMs)}, or ask the administrator to unlock this account.`)
}

/** A lock that lies further ahead than any wait was written by a clock that was wrong (or is now): the longest wait stands for it. */
export function clampLock(failures: Failures, now: Date): Failures {
  const latest = now.getTime() + LONGEST_WAIT_MS
  if (!failures.lockedUntil || Date.parse(failures.lockedUntil) <= latest) return failures
  return { count: failures.count, lockedUntil: new Date(latest).toISOString() }
}

const inWords = (ms: number): string => (ms > 90_000 ? `${Math.ceil(ms / 60_000)} minutes` : `${Math.ceil(ms / 1000)} seconds`)

const WINDOW_MS = 5 * 60_000
const FAILURES_A_WINDOW = 20
const LONGEST_LIST = 1000

/** Wrong PINs by network address in the last five minutes, in memory, bounded. Times are monotonic milliseconds. */
export class AddressLimit {
  private readonly failures = new Map<string, number[]>()

  problem(address: string, nowMs: number): Problem | undefined {
    const recent = this.recent(address, nowMs)
    if (recent.length < FAILURES_A_WINDOW) return undefined
    const leftMs = (recent[0] as number) + WINDOW_MS - nowMs
    return problem('too-many-attempts', `Too many wrong PINs from this device. Wait ${inWords(leftMs)} and try again.`)
  }

  fail(address: string, nowMs: number): void {
    const recent = [...this.recent(address, nowMs), nowMs].slice(-FAILURES_A_WINDOW)
    this.failures.delete(address)
    this.failures.set(address, recent)
    if (this.failures.size > LONGEST_LIST) this.failures.delete(this.failures.keys().next().value as string)
  }

  private recent(address: string, nowMs: number): number[] {
    return (this.failures.get(address) ?? []).filter((at) => nowMs - at < WINDOW_MS)
  }
}
