import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { BackoffLimits } from '../platform/backoff.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Transport } from './transports/transport.js'
import type { UplinkLog } from './uplink-log.js'

/** A verdict is to leave within 10 s of the link's return, so wait and question together stay below. */
const PROBING: BackoffLimits = { baseMs: 500, maxMs: 4_000 }
const SLOWEST = 1_000
const FAST_BYTES_PER_SECOND = 250_000
const NARROW_BYTES_PER_SECOND = 24_000

/** Whether a destination can be reached: a circuit breaker that only a real answer closes. */
export class Link {
  private failures = 0
  private probing: Promise<boolean> | undefined
  private hurried = new AbortController()
  private rate: number | undefined
  problem: Problem | undefined
  lastSuccessAt: IsoTime | undefined

  constructor(private readonly id: string, private readonly transport: Pick<Transport, 'probe'>, private readonly parts: { readonly clock: Clock; readonly log: UplinkLog; readonly signal: AbortSignal }) {}

  get isUp(): boolean {
    return this.failures === 0
  }

  /** True at once while nothing failed; else waits its turn, asks the destination, and says what came of it. Lanes share one probe. */
  ready(): Promise<boolean> {
    if (this.failures === 0) return Promise.resolve(true)
    this.probing ??= this.probe().finally(() => { this.probing = undefined })
    return this.probing
  }

  succeeded(bytes: number, ms: number): void {
    this.measured(bytes, ms)
    this.restored()
  }

  /** So much was taken in so long, of a transfer that may go on. */
  measured(bytes: number, ms: number): void {
    if (ms > 0) this.rate = this.rate === undefined ? (bytes * 1000) / ms : 0.7 * this.rate + (300 * bytes) / ms
  }

  failed(problem: Problem): void {
    if (this.failures === 0) this.parts.log.linkLost(this.id, problem)
    this.failures += 1
    this.problem = problem
  }

  /** What one association was measured at, bytes/s; undefined before the first. */
  get bytesPerSecond(): number | undefined {
    return this.rate
  }

  /** Slower than this is taken for dead: a tenth of what was measured. */
  leastBytesPerSecond(): number {
    return Math.max(SLOWEST, (this.rate ?? 0) / 10)
  }

  /** Fast enough that the waits between objects count: a second association fills them. */
  get isFast(): boolean {
    return (this.rate ?? 0) > FAST_BYTES_PER_SECOND
  }

  /** Too slow to fetch what nobody waits for. What was never measured is not. */
  get isNarrow(): boolean {
    return (this.rate ?? Infinity) < NARROW_BYTES_PER_SECOND
  }

  private restored(): void {
    if (this.failures > 0) this.parts.log.linkBack(this.id)
    this.failures = 0
    this.problem = undefined
    this.lastSuccessAt = this.parts.clock.now().toISOString()
  }

  /** Cut short when a person wants to know now. */
  hurry(): void {
    this.hurried.abort()
    this.hurried = new AbortController()
  }

  private async probe(): Promise<boolean> {
    await waitMs(backoffMs(this.failures, Math.random, PROBING), AbortSignal.any([this.parts.signal, this.hurried.signal]))
    if (this.parts.signal.aborted) return false
    const answer = await this.transport.probe(this.parts.signal)
    if (answer.ok) this.restored()
    else this.failed(answer.error)
    return answer.ok
  }
}
