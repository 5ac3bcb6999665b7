/** Wall time, and milliseconds that only grow (from an arbitrary start) for measuring and waiting. */
export type Clock = { now(): Date; monotonicMs(): number }

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }

/** A person's tap is no more exact than that. */
const SAME_MS = 2_000

/** Another clock, put right by a time that was learnt: it goes on from there by the monotonic clock, however the other one leaps. */
export class CorrectedClock implements Clock {
  #learnt: { readonly atMs: number; readonly monotonicMs: number } | undefined
  constructor(readonly source: Clock) {}

  /** What the time is now; undefined: the other clock is right. */
  correct(now: Date | undefined): void {
    this.#learnt = now && { atMs: now.getTime(), monotonicMs: this.source.monotonicMs() }
  }

  /** How far the other clock is off; 0 where it is right or nothing better is known. */
  get offsetMs(): number {
    if (!this.#learnt) return 0
    const offset = this.#learnt.atMs + this.source.monotonicMs() - this.#learnt.monotonicMs - this.source.now().getTime()
    return Math.abs(offset) < SAME_MS ? 0 : Math.round(offset)
  }

  now(): Date { return new Date(this.source.now().getTime() + this.offsetMs) }

  monotonicMs(): number { return this.source.monotonicMs() }
}
