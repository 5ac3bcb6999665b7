import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import { waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { JsonDocument } from '../store/durable-document.js'
import type { StudyStore } from '../store/study-store.js'
import type { Pace } from '../store/check-object.js'
import type { Finding } from './condition.js'
import { examineStudy } from './examine-study.js'
import type { Examined } from './examine-study.js'
import type { HouseFault, HouseReport } from './house/house.js'
import type { ScrubRecord } from './scrub-record.js'
import { beginPass, dueAt, endPass, firstRecord } from './scrub-record.js'

export type ScrubOptions = {
  readonly store: StudyStore
  /** `<data>/operations`. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly bytesPerSecond: number
  readonly everyDays: number
  /** Puts right what can be put right. */
  repair(id: StudyId, examined: Examined): Promise<readonly Finding[]>
  /** Reads everything that is no study, and puts it right. */
  house?(pace: Pace): Promise<HouseReport>
  /** How often a due pass is looked for, and the record kept while one runs. */
  readonly pace?: { readonly idleMs: number; readonly saveEveryMs: number; /** How long images that wait to be read may hold a pass up, default ten minutes. */ readonly patienceMs?: number }
}

export type ScrubStatus = ScrubRecord & {
  /** Studies there are now, for "so many of so many". */
  readonly studies: number
  /** What could not be put right, by study. */
  readonly open: readonly Finding[]
  /** What else of the data folder could not be put right in the last pass. */
  readonly house: readonly HouseFault[]
}

export type Scrub = AsyncDisposable & {
  status(): ScrubStatus
  pause(): Promise<void>
  resume(): Promise<void>
  /** Begins a pass now, whenever the last one was. */
  start(): Promise<void>
  /** Looks at one study out of turn: somebody found it damaged. */
  look(id: StudyId): void
}

/** A document costs about as much as so many bytes of an image: thousands of small ones are not read in one breath either. */
const DOCUMENT_BYTES = 16 * 1024
const PACE = { idleMs: 30_000, saveEveryMs: 20_000 }
const PATIENCE_MS = 10 * 60_000
const LOOK_AGAIN_MS = 250

/** Reads everything again and again, slowly, so that a rotten bit is found while another copy of it exists. */
export async function startScrub(options: ScrubOptions): Promise<Scrub> {
  await makeDirectoryDurable(options.folder)
  const document = await openRecord(join(options.folder, 'scrub.json'))
  const scrub = new SlowScrub(options, document)
  scrub.begin()
  return scrub
}

/** Where a pass is may be forgotten: it begins anew. */
async function openRecord(path: string): Promise<JsonDocument<ScrubRecord>> {
  const open = (): Promise<JsonDocument<ScrubRecord>> => JsonDocument.open(path, firstRecord)
  return open().catch(async (error: unknown) => {
    if (!(error instanceof DamagedError)) throw error
    await Promise.all([path, `${path}.previous`].map((version) => rm(version, { force: true })))
    return open()
  })
}

class SlowScrub implements Scrub {
  readonly #stop = new AbortController()
  readonly #urgent = new Set<StudyId>()
  readonly #open = new Map<StudyId, readonly Finding[]>()
  #house: readonly HouseFault[] = []
  #record: ScrubRecord
  #wake = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #savedMs = 0
  #aheadOfMs = 0
  /** How long the pass has given way since nobody waited. */
  #gaveWayMs = 0

  constructor(private readonly options: ScrubOptions, private readonly document: JsonDocument<ScrubRecord>) {
    this.#record = document.data
  }

  begin(): void {
    for (const id of this.options.store.damaged.keys()) this.#urgent.add(id)
    const unsubscribe = this.options.store.onDamage((id) => this.look(id))
    this.#running = this.#run().finally(unsubscribe)
  }

  status(): ScrubStatus {
    return { ...this.#record, studies: this.options.store.counts().total, open: [...this.#open.values()].flat(), house: this.#house }
  }

  pause(): Promise<void> { return this.#change((record) => ({ ...record, paused: true })) }

  resume(): Promise<void> { return this.#change((record) => ({ ...record, paused: false })) }

  start(): Promise<void> {
    return this.#change((record) => beginPass({ ...record, paused: false }, this.#now()))
  }

  look(id: StudyId): void {
    this.#urgent.add(id)
    this.#wake.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#wake.abort()
    await this.#running
    await this.#save()
  }

  async #run(): Promise<void> {
    const { clock, everyDays, pace = PACE } = this.options
    while (!this.#stop.signal.aborted) {
      await this.#lookAtUrgent()
      const due = this.#record.current !== undefined || clock.now().getTime() >= dueAt(this.#record, everyDays, clock.now().getTime())
      if (!this.#record.paused && due) await this.#pass().catch((error: unknown) => this.#failed(error))
      if (this.#urgent.size === 0) await this.#sleep(pace.idleMs)
    }
  }

  async #pass(): Promise<void> {
    this.#record = beginPass(this.#record, this.#now())
    const after = this.#record.current?.after ?? 0
    for (const { id, sequence } of this.options.store.summaries()) {
      if (sequence <= after) continue
      await this.#lookAtUrgent()
      await this.#giveWay()
      if (this.#stop.signal.aborted || this.#record.paused) return
      await this.#lookAt(id, sequence).catch((error: unknown) => this.#passBy(id, sequence, error))
    }
    await this.#lookAtHouse()
    if (this.#stop.signal.aborted) return
    await this.#change((record) => endPass(record, this.#now()))
    const { last } = this.#record
    this.options.log.info('scrub-finished', { studies: last?.studies, bytes: last?.bytes, found: last?.found, repaired: last?.repaired })
  }

  async #lookAtUrgent(): Promise<void> {
    for (const id of [...this.#urgent]) {
      this.#urgent.delete(id)
      await this.#lookAt(id).catch((error: unknown) => this.#failed(error, id))
    }
  }

  async #lookAt(id: StudyId, sequence?: number): Promise<void> {
    let bytes = 0
    if (sequence !== undefined) await this.#slowDown(DOCUMENT_BYTES)
    const examined = await examineStudy(this.options.store, id, async (count) => {
      bytes += count
      await this.#slowDown(count)
    })
    if (examined.isOutdated) await this.options.store.change(id, { by: 'system', event: 'migrated', quiet: true }, (now) => now)
    if (examined.study) await this.options.store.relist(examined.study)
    const findings = examined.faults.length > 0 ? await this.options.repair(id, examined) : []
    const open = findings.filter(({ repaired }) => !repaired)
    if (open.length > 0) this.#open.set(id, open)
    else this.#open.delete(id)
    const copied = examined.study && await this.#copyPrevious(id) ? 1 : 0
    if (sequence !== undefined) await this.#count({ sequence, bytes, found: findings.length + copied, repaired: findings.length - open.length + copied })
  }

  /** A version before that nobody can read is no second copy of a review. */
  async #copyPrevious(id: StudyId): Promise<boolean> {
    const wasDamaged = await this.options.store.mendPrevious(id)
    if (wasDamaged) this.options.log.warn('study-previous-restored', { studyId: id })
    return wasDamaged
  }

  /** What one study does to the check must not keep it from the others. */
  #passBy(id: StudyId, sequence: number, error: unknown): Promise<void> {
    this.#failed(error, id)
    return this.#count({ sequence, bytes: 0, found: 0, repaired: 0 })
  }

  #failed(error: unknown, studyId?: StudyId): void {
    this.options.log.warn('scrub-failed', { ...(studyId === undefined ? {} : { studyId }), reason: error instanceof Error ? error.name : 'unknown' })
  }

  /** At the end of each pass: there is little of it beside the images. */
  async #lookAtHouse(): Promise<void> {
    const report = await this.options.house?.((bytes) => this.#slowDown(bytes))
    const { current } = this.#record
    if (!report || !current) return
    this.#house = report.faults.filter(({ repaired }) => !repaired)
    this.#record = { ...this.#record, current: {
      ...current, documents: report.documents, bytes: current.bytes + report.bytes, found: current.found + report.faults.length, repaired: current.repaired + report.faults.length - this.#house.length
    } }
  }

  async #count({ sequence, bytes, found, repaired }: { sequence: number; bytes: number; found: number; repaired: number }): Promise<void> {
    const { current } = this.#record
    if (!current) return
    this.#record = { ...this.#record, current: {
      ...current, after: sequence, studies: current.studies + 1, bytes: current.bytes + bytes, found: current.found + found, repaired: current.repaired + repaired
    } }
    if (this.options.clock.monotonicMs() - this.#savedMs >= (this.options.pace ?? PACE).saveEveryMs) await this.#save()
  }

  /** Images that wait to be read go first, for a while: one that stays waiting must not keep the disk from being checked. Then the pass goes on at its slow pace. */
  async #giveWay(): Promise<void> {
    const { store, pace } = this.options
    const mayWait = (): boolean => this.#gaveWayMs < (pace?.patienceMs ?? PATIENCE_MS) && !this.#stop.signal.aborted && !this.#record.paused
    // Of what can't be put right nobody gets further by waiting.
    const isWaiting = (): boolean => store.pending().some((id) => !this.#open.has(id))
    while (isWaiting() && mayWait()) {
      await waitMs(LOOK_AGAIN_MS, this.#stop.signal)
      this.#gaveWayMs += LOOK_AGAIN_MS
      await this.#lookAtUrgent()
    }
    if (!isWaiting()) this.#gaveWayMs = 0
  }

  /** Bytes a second over the whole pass: what was read too fast is waited for. */
  async #slowDown(count: number): Promise<void> {
    const now = this.options.clock.monotonicMs()
    this.#aheadOfMs = Math.max(this.#aheadOfMs, now) + (count / this.options.bytesPerSecond) * 1000
    await waitMs(Math.max(1, this.#aheadOfMs - now), this.#stop.signal)
  }

  async #sleep(ms: number): Promise<void> {
    this.#wake = new AbortController()
    if (this.#urgent.size > 0 || this.#stop.signal.aborted) return
    await waitMs(ms, this.#wake.signal)
  }

  async #change(next: (record: ScrubRecord) => ScrubRecord): Promise<void> {
    this.#record = next(this.#record)
    await this.#save()
    this.#wake.abort()
  }

  /** A full disk costs the place of a pass, no more. */
  async #save(): Promise<void> {
    this.#savedMs = this.options.clock.monotonicMs()
    await this.document.change(() => this.#record).catch(() => undefined)
  }

  #now(): string { return this.options.clock.now().toISOString() }
}
