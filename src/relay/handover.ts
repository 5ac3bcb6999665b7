import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { openObject } from '../dicom/codec.js'
import { problem, type Problem } from '../domain/problem.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Answer, Cargo, Confirmation, Transport } from '../uplink/transports/transport.js'
import type { RelayLog } from './log-events.js'
import type { ObjectStore } from './object-store.js'
import { askedAgain, MOST_REFUSALS, type RelayedObject } from './relayed-object.js'

export type Pace = { readonly retryBaseMs: number; readonly retryMaxMs: number; readonly gatherMs: number; readonly askAgainMs: number }
export type HandoverParts = { readonly store: ObjectStore; readonly pacs: Transport; readonly clock: Clock; readonly log: RelayLog; readonly signal: AbortSignal; readonly pace?: Pace }

const PACE: Pace = { retryBaseMs: 1_000, retryMaxMs: 5 * 60_000, gatherMs: 1_000, askAgainMs: 5 * 60_000 }
const BATCH = { objects: 16, bytes: 16_000_000 }
/** Beside the PACS, in the same house. */
const LEAST_BYTES_PER_SECOND = 100_000
const IDLE_MS = 30_000

/** Brings what clinics sent to the PACS, one copy of each, and asks it to keep them. */
export class Handover {
  private readonly heldBack = new Map<string, { readonly failures: number; readonly untilMs: number }>()
  private readonly askedMs = new Map<string, number>()
  private wakeUp: () => void = () => undefined
  private failures = 0

  constructor(private readonly parts: HandoverParts) {}

  /** Whether the PACS answered when it was last spoken to. */
  get isUp(): boolean {
    return this.failures === 0
  }

  wake(): void {
    this.wakeUp()
  }

  async run(): Promise<void> {
    await Promise.all([this.deliver(), this.confirmAll()])
  }

  /** What a report of the PACS says, whenever it comes. */
  async take({ committed, missing, proof, refused = [] }: Confirmation): Promise<void> {
    const { store, clock, log, pacs } = this.parts
    const at = clock.now().toISOString()
    if (proof === 'listed') return
    const change = async (uids: readonly string[], next: (now: RelayedObject) => RelayedObject): Promise<void> => {
      for (const uid of uids) for (const record of store.withUid(uid)) await store.change(record, (now) => (now.state === 'accepted' ? next(now) : now))
    }
    await change(committed, (now) => ({ ...now, state: 'committed', at, proof }))
    await change(missing, (now) => ({ ...now, state: 'held', at }))
    for (const { sopInstanceUid, problem } of refused) await change([sopInstanceUid], (now) => ({ ...now, state: 'refused', at, problem }))
    await pacs.noted?.(committed)
    if (committed.length + missing.length > 0) log.committed({ committed: committed.length, missing: missing.length })
    this.wake()
  }

  /** A clinic sends again what the PACS refused: it is asked once more. */
  async again(record: RelayedObject): Promise<void> {
    this.heldBack.delete(record.sopInstanceUid)
    await this.parts.store.change(record, askedAgain)
    this.wake()
  }

  private async deliver(): Promise<void> {
    const { signal, log, store } = this.parts
    const unsubscribe = store.subscribe(() => this.wake())
    while (!signal.aborted) {
      const lookedMs = this.parts.clock.monotonicMs()
      const batch = this.pick(lookedMs)
      if (batch.length === 0) await this.sleep(lookedMs)
      else if (await this.ready()) await this.carry(batch).catch(async (error: unknown) => {
        log.failed('hand over', error)
        await waitMs(this.pace.retryBaseMs, signal)
      })
    }
    unsubscribe()
  }

  private get pace(): Pace {
    return this.parts.pace ?? PACE
  }

  private pick(now: number): RelayedObject[] {
    const due = this.parts.store.all('held').filter(({ sopInstanceUid }) => (this.heldBack.get(sopInstanceUid)?.untilMs ?? 0) <= now)
      .sort((a, b) => a.attempts - b.attempts || a.bytes - b.bytes)
    const batch: RelayedObject[] = []
    let bytes = 0
    for (const record of due.slice(0, BATCH.objects)) {
      if (batch.some(({ sopInstanceUid }) => sopInstanceUid === record.sopInstanceUid)) continue
      bytes += record.bytes
      if (batch.length > 0 && bytes > BATCH.bytes) break
      batch.push(record)
    }
    return batch
  }

  /** Until something is new, or the time has come of what was not due yet at the last look, also where it is by now. */
  private async sleep(lookedMs: number): Promise<void> {
    const waits = [...this.heldBack.values()].map(({ untilMs }) => untilMs - lookedMs).filter((ms) => ms > 0)
    const woken = new AbortController()
    this.wakeUp = () => woken.abort()
    await waitMs(Math.max(10, Math.min(IDLE_MS, ...waits)), AbortSignal.any([woken.signal, this.parts.signal]))
  }

  /** Nothing is sent before a PACS that failed answers a question. */
  private async ready(): Promise<boolean> {
    if (this.failures === 0) return true
    const { pacs, signal, log } = this.parts
    await waitMs(backoffMs(this.failures, Math.random, { baseMs: this.pace.retryBaseMs, maxMs: Math.min(8_000, this.pace.retryMaxMs) }), signal)
    if (signal.aborted) return false
    const answer = await pacs.probe(signal)
    if (!answer.ok) {
      this.failures += 1
      return false
    }
    this.failures = 0
    log.pacsBack()
    return true
  }

  private async carry(wanted: readonly RelayedObject[]): Promise<void> {
    const { pacs, signal, log } = this.parts
    const read = await this.ownUids(await this.readable(wanted))
    if (read.length === 0) return
    const { answers, problem } = await pacs.send(read.map(({ cargo }) => cargo), { leastBytesPerSecond: LEAST_BYTES_PER_SECOND, signal, pace: () => Promise.resolve() })
    for (const [index, answer] of answers.entries()) await this.record(read[index]!, answer)
    const accepted = answers.filter(({ kind }) => kind === 'stored' || kind === 'stored-with-warning').length
    log.handed({ objects: read.length, accepted, bytes: read.reduce((sum, { record: { bytes } }) => sum + bytes, 0) })
    if (problem && problem.code !== 'stopped') this.lost(problem)
  }

  private lost(problem: Problem): void {
    if (this.failures === 0) this.parts.log.pacsLost(problem)
    this.failures += 1
  }

  /**
   * What the disk gives back as it came. What it does not is forgotten, so that its clinic, which has it until it is committed, is asked for it
   * again; nobody else's waits for it meanwhile.
   */
  private async readable(batch: readonly RelayedObject[]): Promise<Readable[]> {
    const { store, log } = this.parts
    const found: Readable[] = []
    for (const record of batch) {
      const file = await readFile(store.objectPath(record)).catch((error: unknown) => { log.failed('read', error); return error as NodeJS.ErrnoException })
      if (Buffer.isBuffer(file) && createHash('sha256').update(file).digest('hex') === record.sha256) found.push({ record, cargo: cargoOf(record, file), pixels: pixelsOf(file) })
      else {
        this.holdBack(record.sopInstanceUid)
        if (Buffer.isBuffer(file) || LOST.has(file.code)) await store.forget(record)
      }
    }
    return found
  }

  /** A PACS keeps one image of a UID, and answers success to another one, which nobody would have. */
  private async ownUids(read: readonly Readable[]): Promise<Readable[]> {
    const { store, clock } = this.parts
    const own: Readable[] = []
    for (const one of read) {
      if (!store.withUid(one.record.sopInstanceUid).some((other) => isAnother(other, one))) own.push(one)
      else await store.change(one.record, (now) => ({ ...now, state: 'refused', at: clock.now().toISOString(), problem: OF_ANOTHER }))
    }
    return own
  }

  private holdBack(sopInstanceUid: string): void {
    const failures = (this.heldBack.get(sopInstanceUid)?.failures ?? 0) + 1
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = this.pace
    this.heldBack.set(sopInstanceUid, { failures, untilMs: this.parts.clock.monotonicMs() + backoffMs(failures, Math.random, { baseMs, maxMs }) })
  }

  private async record({ record, pixels }: Readable, answer: Answer): Promise<void> {
    const at = this.parts.clock.now().toISOString()
    if (answer.kind === 'untouched') return
    const changed = await this.parts.store.change(record, (now) => withPixels(afterAnswer(now, answer, at), pixels))
    if (changed?.state !== 'held') this.heldBack.delete(record.sopInstanceUid)
    else this.holdBack(record.sopInstanceUid)
  }

  private async confirmAll(): Promise<void> {
    const { signal, log } = this.parts
    while (!signal.aborted) {
      await waitMs(this.pace.gatherMs, signal)
      if (!signal.aborted) await this.ask().catch((error: unknown) => log.failed('ask for commitment', error))
    }
  }

  private async ask(): Promise<void> {
    const { store, pacs, clock, signal } = this.parts
    const now = clock.monotonicMs()
    const due = store.all('accepted').filter(({ sopInstanceUid }) => now - (this.askedMs.get(sopInstanceUid) ?? -Infinity) >= this.pace.askAgainMs).slice(0, 100)
    if (due.length === 0 || !pacs.confirm || !this.isUp) return
    for (const { sopInstanceUid } of due) this.askedMs.set(sopInstanceUid, now)
    const answer = await pacs.confirm(due, signal)
    if (answer.ok) await this.take(answer.value)
    else if (answer.error.code !== 'confirmation-unsupported') for (const { sopInstanceUid } of due) this.askedMs.set(sopInstanceUid, now - this.pace.askAgainMs + 10 * this.pace.gatherMs)
    for (const { sopInstanceUid } of due) if (store.withUid(sopInstanceUid).every(({ state }) => state !== 'accepted')) this.askedMs.delete(sopInstanceUid)
  }
}

type Readable = { readonly record: RelayedObject; readonly cargo: Cargo; readonly pixels: string | undefined }

const OF_ANOTHER = problem('uid-of-another', 'Another image that came to this relay from another clinic, or another way, has the same UID in the PACS, which keeps one of a UID. This one is not handed over and stays at its clinic. Have the UIDs of the device put right.')

/** SHA-256 of the pixel data; undefined of an object without. */
function pixelsOf(file: Buffer): string | undefined {
  const opened = openObject(file)
  return opened?.pixelData && createHash('sha256').update(opened.dataSet.bytes.subarray(opened.pixelData.offset, opened.pixelData.offset + opened.pixelData.length)).digest('hex')
}

const withPixels = (now: RelayedObject, pixels: string | undefined): RelayedObject => (pixels === undefined || now.pixels === pixels ? now : { ...now, pixels })

/** Went to the PACS with other pixels: the same image may have left under another name or age, by another way. */
const isAnother = (other: RelayedObject, { record, pixels }: Readable): boolean =>
  other.clinic !== record.clinic && other.state !== 'refused' && other.transferSyntaxUid === record.transferSyntaxUid && other.pixels !== undefined && pixels !== undefined && other.pixels !== pixels

/** The disk has it no more. */
const LOST: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EIO'])

const cargoOf = ({ sopClassUid, sopInstanceUid, transferSyntaxUid }: RelayedObject, file: Buffer): Cargo => ({ sopClassUid, sopInstanceUid, transferSyntaxUid, file, mediaType: 'application/dicom', kind: 'image', studyId: '' })

function afterAnswer(now: RelayedObject, answer: Answer, at: string): RelayedObject {
  const { status: _status, problem: _problem, ...rest } = now
  switch (answer.kind) {
    case 'stored': return { ...rest, state: 'accepted', at, attempts: 0 }
    case 'stored-with-warning': return { ...rest, state: 'accepted', at, attempts: 0, problem: answer.problem, ...(answer.status === undefined ? {} : { status: answer.status }) }
    case 'not-accepted': return { ...rest, state: 'refused', at, problem: answer.problem ?? { code: 'not-accepted', message: 'The PACS takes no objects of this kind in this transfer syntax. Enable its SOP class and transfer syntax there, then send again.' } }
    case 'refused': return { ...rest, state: now.attempts + 1 >= MOST_REFUSALS ? 'refused' : 'held', at, attempts: now.attempts + 1, problem: answer.problem, ...(answer.status === undefined ? {} : { status: answer.status }) }
    case 'try-again': return now.status === answer.status && now.problem?.code === answer.problem.code ? now : { ...rest, at, problem: answer.problem, ...(answer.status === undefined ? {} : { status: answer.status }) }
    default: return now
  }
}
