/** Wall time, and milliseconds that only grow (from an arbitrary start) for measuring and waiting. */
export type Clock = { now(): Date; monotonicMs(): number }

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }
