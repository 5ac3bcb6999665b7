import type { Clock } from '../platform/clock.js'
import type { Link } from './link.js'

/** Smaller objects measure the answers and not the line. */
const LEAST_BYTES = 64_000

/** Measures the line object by object, so that a fast one is known before the first batch is over. */
export class Stopwatch {
  private sinceMs: number
  private used = false

  constructor(private readonly parts: { readonly link: Pick<Link, 'isFast' | 'measured'>; readonly clock: Clock; /** The line turned out to be fast: another lane may be of use. */ freed?(): void }) {
    this.sinceMs = parts.clock.monotonicMs()
  }

  /** Whether anything was large enough to measure. */
  get isUsed(): boolean {
    return this.used
  }

  /** An object of so many bytes was answered; the next one follows at once. */
  taken(bytes: number): void {
    const { link, clock, freed } = this.parts
    const now = clock.monotonicMs()
    const wasFast = link.isFast
    if (bytes >= LEAST_BYTES) {
      link.measured(bytes, now - this.sinceMs)
      this.used = true
    }
    this.sinceMs = now
    if (link.isFast && !wasFast) freed?.()
  }
}
