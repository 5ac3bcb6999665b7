import { waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Lane } from './next-delivery.js'

/** Longest that one piece of an image waits for results: a peer that hears nothing for long breaks the association off. */
const LONGEST_WAIT_MS = 15_000
const LOOK_MS = 100

/** Shares one destination's link among its lanes: images give way to results, and nobody is faster than the site allows. */
export class Pacer {
  private results = 0
  private freeAtMs = 0

  constructor(private readonly parts: { readonly clock: Clock; readonly signal: AbortSignal; readonly bytesPerSecond: number | undefined }) {}

  /** While `work` lasts, images wait. */
  async first<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    if (lane !== 'results') return work()
    this.results += 1
    try {
      return await work()
    } finally {
      this.results -= 1
    }
  }

  /** Resolves when so many bytes of a lane may go. */
  readonly pace = async (lane: Lane, bytes: number): Promise<void> => {
    const { clock, signal } = this.parts
    const untilMs = clock.monotonicMs() + LONGEST_WAIT_MS
    while (lane === 'bulk' && this.results > 0 && clock.monotonicMs() < untilMs && !signal.aborted) await waitMs(LOOK_MS, signal)
    await this.allow(bytes)
  }

  private async allow(bytes: number): Promise<void> {
    const { clock, signal, bytesPerSecond } = this.parts
    if (bytesPerSecond === undefined) return
    const now = clock.monotonicMs()
    const startMs = Math.max(now, this.freeAtMs)
    this.freeAtMs = startMs + (bytes / bytesPerSecond) * 1000
    if (startMs > now) await waitMs(startMs - now, signal)
  }
}
