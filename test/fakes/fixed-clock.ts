import type { Clock } from '../../src/platform/clock.js'

/** A clock that stands still until told: `advance` moves wall and monotonic time, `set` the wall alone. */
export type FixedClock = Clock & { advance(ms: number): void; set(iso: string): void }

export function fixedClock(iso = '2026-03-01T08:00:00.000Z'): FixedClock {
  let wall = Date.parse(iso)
  let monotonic = 0
  return {
    now: () => new Date(wall),
    monotonicMs: () => monotonic,
    advance: (ms) => { wall += ms; monotonic += ms },
    set: (next) => { wall = Date.parse(next) }
  }
}
