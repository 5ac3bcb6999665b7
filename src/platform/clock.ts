/** Wall time, and milliseconds that only grow (from an arbitrary start) for measuring and waiting. */
export type Clock = { now(): Date; monotonicMs(): number }

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }

/** Another clock, put right by an offset that is learnt later. */
export class CorrectedClock implements Clock {
  offsetMs = 0
  constructor(readonly source: Clock) {}

  now(): Date { return new Date(this.source.now().getTime() + this.offsetMs) }

  monotonicMs(): number { return this.source.monotonicMs() }
}
