import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { BackoffLimits } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { StudyStore } from '../store/study-store.js'
import { AnswerBook } from './answer-book.js'
import { needsPerson } from './answers.js'
import type { Board } from './board.js'
import type { Departures } from './departures.js'
import type { Destination, Documents } from './destination.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { Link } from './link.js'
import type { Lane, Outstanding } from './next-delivery.js'
import { isMoreUrgent, laneOf, nextBatch } from './next-delivery.js'
import type { Pacer } from './pacer.js'
import { Stopwatch } from './stopwatch.js'
import type { Answer, Cargo, SendResult, Transport } from './transports/transport.js'
import type { UplinkLog } from './uplink-log.js'
import type { Workbench } from './workbench.js'

export type LaneParts = {
  readonly destination: Destination
  readonly transport: Transport
  readonly store: StudyStore
  readonly board: Board
  readonly documents: Documents
  readonly link: Link
  readonly pacer: Pacer
  readonly clock: Clock
  readonly log: UplinkLog
  readonly signal: AbortSignal
  /** How long one object that was not taken is left in peace; others go on. */
  readonly retry?: BackoffLimits
  /** UIDs that some lane of the destination has in hand. */
  readonly inHand: Set<string>
  readonly workbench: Workbench
  readonly departures: Departures
  /** An association more than the one that every destination has for it: one that it refuses is no broken link. */
  readonly isExtra?: boolean
  /** There may be something to do for another lane, which sleeps. */
  freed?(): void
  /** A batch is out of this lane's hands: another may have found all that is due in them, or no association left. */
  over?(lane: DeliveryLane): void
  /** The destination refused an association while another of ours was open: lanes beyond the needed ones are to give way. */
  crowded?(): void
  /** Whether this lane is of use now; absent: always. */
  isOfUse?(): boolean
  /** Whether the site lets it leave now. */
  mayLeave(item: Outstanding): boolean
  /** So many bytes of objects left. */
  left(bytes: number): void
  /** A study says something else than its deliveries: it has to be planned anew. */
  stale(item: Outstanding): void
}

const BATCH = { results: { objects: 32, bytes: 1_000_000 }, bulk: { objects: 12, bytes: 8_000_000 } }
/** What is made ahead: the next batch of either lane. */
const AHEAD = { objects: 24, bytes: 16_000_000 }
/** How long a destination is not asked for an association more after it refused one. */
const REFUSED_MS = 10 * 60_000
const ALONE = { objects: 1, bytes: 0 }
/** One in so many turns is for an object that failed before, alone: it may be what breaks the line. Urgency goes before that. */
const TURNS = 4
const RETRY: BackoffLimits = { baseMs: 2_000, maxMs: 10 * 60_000 }
const IDLE_MS = 60_000

const STORED: readonly Answer['kind'][] = ['stored', 'stored-with-warning']

type Made = { readonly item: Outstanding; /** As it stood when it was made. */ readonly delivery: Delivery; readonly cargo: Cargo }

/** Carries results or everything else to one destination, a batch an association, for as long as it lives. */
export class DeliveryLane {
  private readonly held = new Map<string, { readonly failures: number; readonly untilMs: number }>()
  private readonly book: AnswerBook
  private wakeUp: () => void = () => undefined
  private turn = 0
  /** Of what is in hand. */
  private own = 0
  private restsUntilMs = -Infinity

  constructor(private readonly lane: Lane, private readonly parts: LaneParts) {
    this.book = new AnswerBook(parts)
  }

  wake(): void {
    this.wakeUp()
  }

  /** Another lane's association is over. */
  handsFree(): void {
    if (!this.parts.isExtra) this.restsUntilMs = -Infinity
    this.wakeUp()
  }

  /** An association more than the destination allows is not asked for again for a while. */
  giveWay(): void {
    if (this.parts.isExtra) this.restsUntilMs = this.parts.clock.monotonicMs() + REFUSED_MS
  }

  /** A person wants it tried now. */
  release(): void {
    this.held.clear()
    this.wakeUp()
  }

  async run(): Promise<void> {
    const { signal, link, log, pacer, clock } = this.parts
    while (!signal.aborted) {
      const lookedMs = clock.monotonicMs()
      if (this.pick(lookedMs).length === 0) {
        await this.sleep(lookedMs)
        continue
      }
      if (!link.isUp) this.prepare()
      if (await link.ready()) {
        // Picked anew: while there was no link something more urgent may have come.
        const batch = this.pick()
        this.turn += 1
        await pacer.first(this.lane, () => this.carryAlone(batch)).catch(async (error: unknown) => {
          log.failed('carry', error, batch[0]?.studyId)
          for (const item of batch) this.hold(item.delivery.sopInstanceUid)
          await waitMs(1_000, signal)
        })
      }
    }
  }

  /** No other lane takes what this one has in hand. */
  private async carryAlone(picked: readonly Outstanding[]): Promise<void> {
    const { inHand } = this.parts
    const batch = picked.filter(({ delivery }) => !inHand.has(delivery.sopInstanceUid))
    this.own = batch.length
    for (const { delivery } of batch) inHand.add(delivery.sopInstanceUid)
    try {
      await this.carry(batch)
    } finally {
      for (const { delivery } of batch) inHand.delete(delivery.sopInstanceUid)
      this.parts.over?.(this)
    }
  }

  private pick(now = this.parts.clock.monotonicMs()): Outstanding[] {
    if (this.parts.isOfUse?.() === false || now < this.restsUntilMs) return []
    const due = this.due(now)
    const failed = due.filter(({ delivery }) => this.held.has(delivery.sopInstanceUid))
    const fresh = due.filter(({ delivery }) => !this.held.has(delivery.sopInstanceUid))
    const isFailedsTurn = this.turn % TURNS === 0 && !isMoreUrgent(fresh, failed)
    if (failed.length > 0 && (isFailedsTurn || isMoreUrgent(failed, fresh))) return nextBatch(failed, this.turn, ALONE)
    const { objects, bytes } = BATCH[this.lane]
    // Of the last few two lanes take half each, so that none waits for its answers alone.
    const fair = this.lane === 'bulk' && this.parts.link.isFast ? Math.ceil(fresh.length / 2) : objects
    return nextBatch(fresh, this.turn, { objects: Math.min(objects, fair), bytes })
  }

  private due(now: number): Outstanding[] {
    const { board, destination, mayLeave, inHand } = this.parts
    return board.outstanding(destination.id)
      .filter((item) => laneOf(item.delivery) === this.lane && !inHand.has(item.delivery.sopInstanceUid) && (this.held.get(item.delivery.sopInstanceUid)?.untilMs ?? 0) <= now && mayLeave(item))
  }

  /** Has the next images made while there is time. */
  private prepare(): void {
    if (this.lane !== 'bulk') return
    const fresh = this.due(this.parts.clock.monotonicMs()).filter(({ delivery }) => !this.held.has(delivery.sopInstanceUid))
    this.parts.workbench.prepare(nextBatch(fresh, this.turn, AHEAD))
  }

  /** Until something is new, or a held object's time has come: of each that was not due yet at the last look, also where it is by now. */
  private async sleep(lookedMs: number): Promise<void> {
    const due = [...this.held.values()].map(({ untilMs }) => untilMs - lookedMs).filter((ms) => ms > 0)
    const woken = new AbortController()
    this.wakeUp = () => woken.abort()
    const stopped = (): void => woken.abort()
    this.parts.signal.addEventListener('abort', stopped, { once: true })
    await waitMs(Math.max(20, Math.min(IDLE_MS, ...due)), woken.signal)
    this.parts.signal.removeEventListener('abort', stopped)
  }

  private async carry(batch: readonly Outstanding[]): Promise<void> {
    const { link, transport, clock, signal, pacer } = this.parts
    const made = await this.makeAll(batch)
    if (made.length === 0) return
    const noted = new Set<number>()
    const stopwatch = new Stopwatch(this.parts)
    const note = (index: number, answer: Answer): void => {
      if (noted.has(index)) return
      noted.add(index)
      const { item: { studyId }, delivery } = made[index]!
      this.book.note({ studyId, made: delivery, answer })
      if (answer.kind === 'stored') stopwatch.taken(made[index]!.cargo.file.byteLength)
    }
    this.prepare()
    await this.depart(made)
    const startedMs = clock.monotonicMs()
    const result = await transport.send(made.map(({ cargo }) => cargo), {
      leastBytesPerSecond: link.leastBytesPerSecond(), signal, answered: note, pace: (bytes) => pacer.pace(this.lane, bytes), begin: (bytes) => pacer.begin(this.lane, bytes, link.bytesPerSecond)
    })
    const ms = clock.monotonicMs() - startedMs
    result.answers.forEach((answer, index) => note(index, answer))
    await this.book.settled()
    if (result.answers.some(({ kind }) => !STORED.includes(kind))) await this.depart([])
    this.judge(made, result, { ms, isMeasured: stopwatch.isUsed })
  }

  /** Where the note can't be written, because the disk is full, results go all the same. */
  private async depart(made: readonly Made[]): Promise<void> {
    await this.parts.departures.leave(made.map(({ item: { studyId }, delivery: { sopInstanceUid, identityHash, report } }) => ({ studyId, made: { sopInstanceUid, identityHash, report } })))
      .catch((error: unknown) => this.parts.log.failed('departures', error))
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
      const object = await this.parts.workbench.take(study, delivery)
      if (object.ok) made.push({ item, delivery, cargo: { mediaType: 'application/dicom', ...object.value, kind: delivery.kind, studyId: study.id } })
      else if (object.error.code === 'changed-meanwhile') this.leave(item)
      else await changeStudy(this.parts, item.studyId, `delivery.${this.parts.destination.id}`, (now) => withDeliveries(now, (one) => (isSame(one, delivery) ? needsPerson(one, object.error, this.now()) : one)))
    }
    return made
  }

  private leave(item: Outstanding): void {
    this.hold(item.delivery.sopInstanceUid)
    this.parts.stale(item)
  }

  private judge(made: readonly Made[], { answers, problem }: SendResult, { ms, isMeasured }: { readonly ms: number; readonly isMeasured: boolean }): void {
    const { link, log, destination, left, board } = this.parts
    const open = new Set(board.outstanding(destination.id).map(({ delivery }) => delivery.sopInstanceUid))
    answers.forEach((answer, index) => this.holdAfter(made[index]!.item.delivery.sopInstanceUid, answer, open))
    const bytesOf = (kinds: readonly Answer['kind'][]): number => made.reduce((sum, { cargo }, index) => (kinds.includes(answers[index]!.kind) ? sum + cargo.file.byteLength : sum), 0)
    const bytes = bytesOf(STORED)
    left(bytesOf(['stored', 'stored-with-warning', 'refused', 'try-again', 'unanswered']))
    log.sent(destination.id, { objects: made.length, accepted: answers.filter(({ kind }) => kind === 'stored').length, bytes, ms: Math.round(ms) })
    if (problem?.code === 'association-rejected' && (this.parts.isExtra || this.parts.inHand.size > this.own)) this.stepAside()
    else if (problem && problem.code !== 'stopped') link.failed(problem)
    else if (!problem) link.succeeded(bytes, isMeasured ? 0 : ms)
  }

  /** No broken link: the destination has as many associations of ours as it wants. This lane waits for the others' hands to be free. */
  private stepAside(): void {
    this.restsUntilMs = Infinity
    this.giveWay()
    this.parts.crowded?.()
  }

  /** One that was taken and is still open could not be written down: sent again at once it would fill the line for as long as the disk takes nothing. */
  private holdAfter(uid: string, { kind }: Answer, open: ReadonlySet<string>): void {
    if (STORED.includes(kind) && !open.has(uid)) this.held.delete(uid)
    else if (kind !== 'untouched') this.hold(uid)
  }

  private hold(uid: string): void {
    const failures = (this.held.get(uid)?.failures ?? 0) + 1
    this.held.set(uid, { failures, untilMs: this.parts.clock.monotonicMs() + backoffMs(failures, Math.random, this.parts.retry ?? RETRY) })
  }

  private now(): string {
    return this.parts.clock.now().toISOString()
  }
}

const isSame = (a: Delivery, b: Delivery): boolean => a.destination === b.destination && a.sopInstanceUid === b.sopInstanceUid
