import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { BackoffLimits } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { StudyStore } from '../store/study-store.js'
import { afterAnswer, needsPerson } from './answers.js'
import type { Board } from './board.js'
import type { Destination, Documents } from './destination.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { Link } from './link.js'
import type { Lane, Outstanding } from './next-delivery.js'
import { laneOf, nextBatch } from './next-delivery.js'
import type { Answer, Cargo, SendResult, Transport } from './transports/transport.js'
import type { UplinkLog } from './uplink-log.js'

export type LaneParts = {
  readonly destination: Destination
  readonly transport: Transport
  readonly store: StudyStore
  readonly board: Board
  readonly documents: Documents
  readonly link: Link
  readonly clock: Clock
  readonly log: UplinkLog
  readonly signal: AbortSignal
  /** How long one object that was not taken is left in peace; others go on. */
  readonly retry?: BackoffLimits
  /** Something was accepted. */
  accepted(): void
}

const BATCH = { results: { objects: 32, bytes: 1_000_000 }, bulk: { objects: 12, bytes: 4_000_000 } }
const RETRY: BackoffLimits = { baseMs: 2_000, maxMs: 10 * 60_000 }
const IDLE_MS = 60_000

type Made = { readonly item: Outstanding; readonly cargo: Cargo }

/** Carries results or everything else to one destination, a batch an association, for as long as it lives. */
export class DeliveryLane {
  private readonly held = new Map<string, { readonly failures: number; readonly untilMs: number }>()
  private wakeUp: () => void = () => undefined
  private turn = 0

  constructor(private readonly lane: Lane, private readonly parts: LaneParts) {}

  wake(): void {
    this.wakeUp()
  }

  async run(): Promise<void> {
    const { signal, link, log } = this.parts
    while (!signal.aborted) {
      const batch = this.pick()
      if (batch.length === 0) await this.sleep()
      else if (await link.ready()) {
        await this.carry(batch).catch(async (error: unknown) => {
          log.failed('carry', error, batch[0]?.studyId)
          for (const item of batch) this.hold(item.delivery.sopInstanceUid)
          await waitMs(1_000, signal)
        })
      }
    }
  }

  private pick(): Outstanding[] {
    const { board, destination, clock } = this.parts
    const now = clock.monotonicMs()
    const due = board.outstanding(destination.id)
      .filter(({ delivery }) => laneOf(delivery) === this.lane && (this.held.get(delivery.sopInstanceUid)?.untilMs ?? 0) <= now)
    this.turn += 1
    return nextBatch(due, this.turn, BATCH[this.lane])
  }

  /** Until something is new, or a held object's time has come. */
  private async sleep(): Promise<void> {
    const now = this.parts.clock.monotonicMs()
    const due = [...this.held.values()].map(({ untilMs }) => untilMs - now).filter((ms) => ms > 0)
    const woken = new AbortController()
    this.wakeUp = () => woken.abort()
    const stopped = (): void => woken.abort()
    this.parts.signal.addEventListener('abort', stopped, { once: true })
    await waitMs(Math.max(20, Math.min(IDLE_MS, ...due)), woken.signal)
    this.parts.signal.removeEventListener('abort', stopped)
  }

  private async carry(batch: readonly Outstanding[]): Promise<void> {
    const { link, transport, clock, signal } = this.parts
    const made = await this.makeAll(batch)
    if (made.length === 0) return
    const startedMs = clock.monotonicMs()
    const result = await transport.send(made.map(({ cargo }) => cargo), { leastBytesPerSecond: link.leastBytesPerSecond(), signal, pace: () => Promise.resolve() })
    await this.record(made, result.answers)
    this.judge(made, result, clock.monotonicMs() - startedMs)
  }

  private async makeAll(batch: readonly Outstanding[]): Promise<Made[]> {
    const made: Made[] = []
    for (const item of batch) {
      const study = await this.parts.store.read(item.studyId)
      const delivery = study.deliveries?.find((one) => isSame(one, item.delivery) && isOutstanding(one))
      if (!delivery) {
        this.parts.board.put(study)
        continue
      }
      const object = await this.parts.documents.make(study, delivery)
      if (object.ok) made.push({ item, cargo: { mediaType: 'application/dicom', ...object.value, kind: delivery.kind, studyId: study.id } })
      else await this.change(item.studyId, (one) => (isSame(one, delivery) ? needsPerson(one, object.error, this.now()) : one))
    }
    return made
  }

  /** One change a study, whatever the number of its objects. */
  private async record(made: readonly Made[], answers: readonly Answer[]): Promise<void> {
    const at = this.now()
    const byUid = new Map(made.map(({ item }, index) => [item.delivery.sopInstanceUid, answers[index]!]))
    for (const id of new Set(made.map(({ item }) => item.studyId))) {
      await this.change(id, (one) => {
        const answer = one.destination === this.parts.destination.id && isOutstanding(one) ? byUid.get(one.sopInstanceUid) : undefined
        return answer ? afterAnswer(one, answer, at) : one
      })
    }
  }

  private judge(made: readonly Made[], { answers, problem }: SendResult, ms: number): void {
    const { link, log, destination } = this.parts
    answers.forEach((answer, index) => this.holdAfter(made[index]!.item.delivery.sopInstanceUid, answer))
    const accepted = answers.filter(({ kind }) => kind === 'stored').length
    const bytes = made.reduce((sum, { cargo }) => sum + cargo.file.byteLength, 0)
    log.sent(destination.id, { objects: made.length, accepted, bytes, ms: Math.round(ms) })
    if (problem && problem.code !== 'stopped') link.failed(problem)
    else if (!problem) link.succeeded(bytes, ms)
    if (accepted > 0) this.parts.accepted()
  }

  private holdAfter(uid: string, { kind }: Answer): void {
    if (kind === 'stored' || kind === 'stored-with-warning') this.held.delete(uid)
    else if (kind !== 'untouched') this.hold(uid)
  }

  private hold(uid: string): void {
    const failures = (this.held.get(uid)?.failures ?? 0) + 1
    this.held.set(uid, { failures, untilMs: this.parts.clock.monotonicMs() + backoffMs(failures, Math.random, this.parts.retry ?? RETRY) })
  }

  private async change(id: StudyId, change: (delivery: Delivery) => Delivery): Promise<void> {
    await changeStudy(this.parts, id, `delivery.${this.parts.destination.id}`, (study) => withDeliveries(study, change))
  }

  private now(): string {
    return this.parts.clock.now().toISOString()
  }
}

const isSame = (a: Delivery, b: Delivery): boolean => a.destination === b.destination && a.sopInstanceUid === b.sopInstanceUid
