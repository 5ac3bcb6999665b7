import { z } from 'zod'
import type { Heartbeat } from '../domain/heartbeat.js'
import { LONGEST_HEARTBEAT_BYTES, samplesOf } from '../domain/heartbeat.js'
import { waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { RelayLog } from './log-events.js'
import type { RemoteWrite, Series } from './remote-write.js'

const text = z.string().max(64)
const count = z.int().min(0)
const shape = z.object({
  version: text, packs: z.array(text).max(50), provider: text, waiting: count, undelivered: count, diskFreeBytes: count,
  celsius: z.number().min(-50).max(200).optional(), ungradableShare: z.number().min(0).max(1).optional(), problems: count, clockTrusted: z.boolean()
})

export type HeartbeatsParts = { readonly to: Pick<RemoteWrite, 'write'>; readonly clock: Clock; readonly log: RelayLog; readonly signal: AbortSignal; readonly againMs?: number }

const AGAIN_MS = 60_000

/** Hands the boxes' heartbeats on. Of each box only the newest waits, in memory; the time is the relay's own, since a box's clock may be wrong. */
export class RelayHeartbeats {
  private readonly waiting = new Map<string, Series>()
  private handing: Promise<void> | undefined
  private isThere: boolean | undefined

  constructor(private readonly parts: HeartbeatsParts) {}

  /** False when it is no heartbeat. */
  take(clinic: string, body: string): boolean {
    const beat = body.length > LONGEST_HEARTBEAT_BYTES ? undefined : parse(body)
    if (!beat) return false
    const atMs = this.parts.clock.now().getTime()
    this.waiting.set(clinic, { instance: clinic, atMs, samples: [...samplesOf(beat), { name: 'screenpost_box_heard_seconds', labels: {}, value: Math.floor(atMs / 1000) }] })
    this.handing ??= this.handOn().finally(() => { this.handing = undefined })
    return true
  }

  async finished(): Promise<void> {
    await this.handing
  }

  private async handOn(): Promise<void> {
    const { to, log, signal, againMs = AGAIN_MS } = this.parts
    while (this.waiting.size > 0 && !signal.aborted) {
      const series = [...this.waiting.values()]
      const { problem, again } = await to.write(series, signal)
      if ((problem === undefined) !== this.isThere) log.handedOn(problem)
      this.isThere = problem === undefined
      if (again) await waitMs(againMs, signal)
      else for (const one of series) if (this.waiting.get(one.instance) === one) this.waiting.delete(one.instance)
    }
  }
}

function parse(body: string): Heartbeat | undefined {
  try {
    const { celsius, ungradableShare, ...rest } = shape.parse(JSON.parse(body))
    return { ...rest, ...(celsius === undefined ? {} : { celsius }), ...(ungradableShare === undefined ? {} : { ungradableShare }) }
  } catch {
    return undefined
  }
}
