import { waitMs } from '../platform/backoff.js'
import type { LaneParts } from './lane.js'
import { laneOf } from './next-delivery.js'
import type { Transport } from './transports/transport.js'

export type HeartbeatPace = { readonly lookMs: number; readonly afterFailureMs: number; readonly unsupportedMs: number; readonly mostWaitMs: number }
export type HeartbeatParts = Pick<LaneParts, 'destination' | 'board' | 'link' | 'clock' | 'log' | 'signal' | 'pacer' | 'mayLeave'> & {
  readonly beat: NonNullable<Transport['beat']>
  /** Whether the site's terms let anything leave now that nobody waits for. */
  isOpen(): boolean
  moved(bytes: number): void
  readonly heartbeatPace?: HeartbeatPace
}

const PACE: HeartbeatPace = { lookMs: 1_000, afterFailureMs: 60_000, unsupportedMs: 60 * 60_000, mostWaitMs: 10 * 60_000 }

/** What an older relay says, and one that hands nothing on. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['wrong-address', 'heartbeat-refused'])

/**
 * The box's heartbeat on the line that objects use: last in order, behind every result that may leave (for ten minutes at most: a centre also
 * wants to hear of a box that gets rid of nothing). Only the newest counts, and one that did not arrive costs nothing but itself.
 */
export class Heartbeats {
  private newest: { readonly text: string; readonly sinceMs: number } | undefined
  private notBeforeMs = 0
  private arrived: boolean | undefined

  constructor(private readonly parts: HeartbeatParts) {}

  offer(text: string): void {
    this.newest = { text, sinceMs: this.newest?.sinceMs ?? this.parts.clock.monotonicMs() }
  }

  async run(): Promise<void> {
    const { signal, log } = this.parts
    while (!signal.aborted) {
      await waitMs(this.pace.lookMs, signal)
      if (!signal.aborted && this.isDue()) await this.send().catch((error: unknown) => log.failed('heartbeat', error))
    }
  }

  private get pace(): HeartbeatPace {
    return this.parts.heartbeatPace ?? PACE
  }

  /** While the line is down, whatever waits for it asks whether it is back; with nothing waiting, the heartbeat is the question. */
  private isDue(): boolean {
    const { board, destination, link, clock, isOpen, mayLeave } = this.parts
    const now = clock.monotonicMs()
    if (!this.newest || now < this.notBeforeMs || !isOpen()) return false
    const outstanding = board.outstanding(destination.id)
    if (!link.isUp) return outstanding.length === 0
    return now - this.newest.sinceMs > this.pace.mostWaitMs || !outstanding.some((item) => laneOf(item.delivery) === 'results' && mayLeave(item))
  }

  private async send(): Promise<void> {
    const { beat, pacer, signal, link, log, destination, clock, moved } = this.parts
    const sending = this.newest!
    const answer = await beat(sending.text, { signal, pace: (bytes) => pacer.pace('bulk', bytes) })
    if (signal.aborted) return
    if (answer.ok) {
      moved(sending.text.length)
      if (!link.isUp) link.succeeded(0, 0)
      if (this.newest === sending) this.newest = undefined
    } else this.notBeforeMs = clock.monotonicMs() + (UNSUPPORTED.has(answer.error.code) ? this.pace.unsupportedMs : this.pace.afterFailureMs)
    if (answer.ok !== this.arrived) log.heartbeat(destination.id, answer.ok ? undefined : answer.error)
    this.arrived = answer.ok
  }
}
