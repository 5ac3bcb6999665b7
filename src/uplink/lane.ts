import type { StoreOutcome, StoreResult, ObjectToStore } from '../dicom/store-scu.js'
import { storeObjects } from '../dicom/store-scu.js'
import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { BackoffLimits } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { StudyStore } from '../store/study-store.js'
import { afterStore, needsPerson } from './answers.js'
import type { Board } from './board.js'
import type { Destination, Documents } from './destination.js'
import { peerOf } from './destination.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { Link } from './link.js'
import type { Lane, Outstanding } from './next-delivery.js'
import { laneOf, nextBatch } from './next-delivery.js'
import type { UplinkLog } from './uplink-log.js'

export type LaneParts = {
  readonly destination: Destination
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
const TIMES = { connectMs: 15_000, answerMs: 60_000 }
const IDLE_MS = 60_000

type Made = { readonly item: Outstanding; readonly object: ObjectToStore }

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
    const { link, destination, clock, signal } = this.parts
    const made = await this.makeAll(batch)
    if (made.length === 0) return
    const startedMs = clock.monotonicMs()
    const result = await storeObjects(peerOf(destination), made.map(({ object }) => object), { ...TIMES, leastBytesPerSecond: link.leastBytesPerSecond(), signal })
    await this.record(made, result.outcomes)
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
      if (object.ok) made.push({ item, object: object.value })
      else await this.change(item.studyId, (one) => (isSame(one, delivery) ? needsPerson(one, object.error, this.now()) : one))
    }
    return made
  }

  /** One change a study, whatever the number of its objects. */
  private async record(made: readonly Made[], outcomes: readonly StoreOutcome[]): Promise<void> {
    const at = this.now()
    const byUid = new Map(made.map(({ item }, index) => [item.delivery.sopInstanceUid, outcomes[index]!]))
    for (const id of new Set(made.map(({ item }) => item.studyId))) {
      await this.change(id, (one) => {
        const outcome = one.destination === this.parts.destination.id && isOutstanding(one) ? byUid.get(one.sopInstanceUid) : undefined
        return outcome ? afterStore(one, outcome, at) : one
      })
    }
  }

  private judge(made: readonly Made[], { outcomes, problem }: StoreResult, ms: number): void {
    const { link, log, destination } = this.parts
    outcomes.forEach((outcome, index) => this.holdAfter(made[index]!.item.delivery.sopInstanceUid, outcome))
    const accepted = outcomes.filter((outcome) => outcome.kind === 'answered' && outcome.status === 0).length
    const bytes = made.reduce((sum, { object }) => sum + object.file.byteLength, 0)
    log.sent(destination.id, { objects: made.length, accepted, bytes, ms: Math.round(ms) })
    if (problem && problem.code !== 'stopped') link.failed(problem)
    else if (!problem) link.succeeded(bytes, ms)
    if (accepted > 0) this.parts.accepted()
  }

  private holdAfter(uid: string, outcome: StoreOutcome): void {
    if (outcome.kind === 'answered' && (outcome.status === 0 || (outcome.status & 0xf000) === 0xb000)) this.held.delete(uid)
    else if (outcome.kind !== 'untouched') this.hold(uid)
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
