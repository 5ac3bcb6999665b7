import { waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Lane } from './next-delivery.js'

/** Longest that one piece of an image waits for results: a peer that hears nothing for long breaks the association off. */
const LONGEST_WAIT_MS = 15_000
const LOOK_MS = 100
/** Longest that an image waits for the one beside it to be half way. */
const LONGEST_STAGGER_MS = 500

/** Shares one destination's link among its lanes: images give way to results, and nobody is faster than the site allows. */
export class Pacer {
  private results = 0
  private freeAtMs = 0
  private begun = { atMs: -Infinity, bytes: 0 }

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

  /**
   * Resolves when a lane may begin an object. Two lanes that began images of one size together would wait for their answers together, and the line
   * would stand still meanwhile: the second begins when the first is half way, at the rate (bytes/s) that was measured of a lane.
   */
  async begin(lane: Lane, bytes: number, rate: number | undefined): Promise<void> {
    if (lane !== 'bulk' || rate === undefined) return
    const { clock, signal } = this.parts
    const now = clock.monotonicMs()
    const dueMs = this.begun.atMs + Math.min(LONGEST_STAGGER_MS, (Math.min(bytes, this.begun.bytes) * 500) / rate)
    this.begun = { atMs: Math.max(now, dueMs), bytes }
    if (dueMs > now) await waitMs(dueMs - now, signal)
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
