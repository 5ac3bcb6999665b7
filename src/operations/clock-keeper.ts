import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedError } from '../domain/errors.js'
import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { BootTime } from '../domain/study.js'
import type { CorrectedClock } from '../platform/clock.js'
import { isErrno, linkOrCopy, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { startRepeating } from '../platform/repeat.js'
import { JsonDocument, renderDocument } from '../store/durable-document.js'
import { orStoreFull } from '../store/store-full.js'
import type { ClockSource } from './clock-judgement.js'
import { isBefore, isPlausible, judgeClock, seenOf } from './clock-judgement.js'

/** Wall time at the start of a boot, in ms since 1970, as it was learnt later. */
type LearntBoot = { readonly bootId: string; readonly epochMs: number; readonly source: 'network' | 'tablet' }
/** `<data>/operations/clock.json`. `networkSeen`: the newest time that the network said; `lost`: an earlier record was damaged, and nobody has told the time since. */
type ClockRecord = { readonly formatVersion: 1; readonly lastSeen?: IsoTime; readonly networkSeen?: IsoTime; readonly lastBootId?: string; readonly lost?: true; readonly boots: readonly LearntBoot[] }

export type ClockKeeperOptions = {
  readonly folder: string
  readonly clock: CorrectedClock
  readonly boot: () => BootTime
  readonly isSynchronised: () => Promise<boolean>
  readonly hasBatteryClock: boolean
  readonly log: Log
  readonly everyMs?: number
}

export type ClockStatus = { readonly trusted: boolean; readonly source?: ClockSource; readonly doubt?: string; /** How far the machine's own clock is off, where that is known. */ readonly offsetMs: number }

const EVERY_MS = 15_000
const NOTE_EVERY_MS = 10 * 60_000
const MOST_BOOTS = 30
/** Not worth an offset: a person's tap is no more exact. */
const SAME_MS = 2_000
/** A time that lies before what was seen here is to be given again within this time. */
const AGAIN_WITHIN_MS = 10 * 60_000
const AGAIN_SAME_MS = 60_000

const IMPLAUSIBLE = problem('clock-implausible', 'The time of this tablet can not be right: it is before times that were recorded here. Set the tablet\'s clock first.')
const toMinute = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ')

/** Knows whether the clock can be trusted, and puts it right by an offset once somebody or something says the time. */
export class ClockKeeper implements AsyncDisposable {
  readonly #listeners = new Set<() => void>()
  #status: ClockStatus = { trusted: false, offsetMs: 0 }
  #repeating: AsyncDisposable | undefined
  #notedMs = -Infinity
  /** A time before what was seen here that a person has given once, and when. */
  #asked: { readonly offeredMs: number; readonly monotonicMs: number } | undefined

  private constructor(private readonly options: ClockKeeperOptions, private readonly document: JsonDocument<ClockRecord>) {}

  static async open(options: ClockKeeperOptions): Promise<ClockKeeper> {
    await makeDirectoryDurable(options.folder)
    const keeper = new ClockKeeper(options, await openRecord(join(options.folder, 'clock.json'), options.log))
    await keeper.look()
    keeper.#repeating = startRepeating(options.everyMs ?? EVERY_MS, () => keeper.#tryToLook())
    return keeper
  }

  status(): ClockStatus { return this.#status }

  trusted(): boolean { return this.#status.trusted }

  boot(): BootTime { return this.options.boot() }

  /** Called when the time became known. */
  onLearnt(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What the time was at a moment of some boot; undefined where nobody ever knew. */
  timeOf({ bootId, uptimeSeconds }: BootTime): Date | undefined {
    const learnt = this.document.data.boots.find((one) => one.bootId === bootId)
    return learnt && new Date(learnt.epochMs + uptimeSeconds * 1000)
  }

  /**
   * A person vouches for a tablet's clock: twice where that lies before what was seen here. The machine's own clock is set where its helper is
   * installed; till then an offset stands in.
   */
  async accept(offered: Date): Promise<Result<void, Problem>> {
    if (!isPlausible(offered, this.document.data.networkSeen)) return err(IMPLAUSIBLE)
    const doubt = this.#doubtOf(offered)
    if (doubt) return err(doubt)
    const { bootId, uptimeSeconds } = this.boot()
    await this.#learn({ bootId, epochMs: offered.getTime() - uptimeSeconds * 1000, source: 'tablet' })
    await writeFileDurable(join(this.options.folder, 'set-time.request'), `${Math.round(offered.getTime() / 1000)}\n`).catch(() => undefined)
    await this.look()
    return ok(undefined)
  }

  /** One look at the evidence. */
  async look(): Promise<void> {
    const { clock, isSynchronised, hasBatteryClock, log } = this.options
    const synchronised = await isSynchronised().catch(() => false)
    const { bootId, uptimeSeconds } = this.boot()
    if (synchronised) await this.#synchronised(bootId, uptimeSeconds).catch(() => undefined)
    const learnt = this.document.data.boots.find((one) => one.bootId === bootId)
    clock.correct(learnt && !synchronised ? new Date(learnt.epochMs + uptimeSeconds * 1000) : undefined)
    const { lastBootId, lost } = this.document.data
    const lastSeen = this.#seen()
    const judged = judgeClock({ now: clock.now(), ...(lastSeen === undefined ? {} : { lastSeen }), noteLost: lost === true, sameBoot: lastBootId === bootId, hasBatteryClock, synchronised, learnt: learnt !== undefined })
    const wasTrusted = this.#status.trusted
    this.#status = { ...judged, offsetMs: clock.offsetMs }
    if (judged.trusted !== wasTrusted) log.info('clock-trust', { ...judged, offsetMs: clock.offsetMs })
    if (judged.trusted) await this.#note(bootId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repeating?.[Symbol.asyncDispose]()
  }

  async #tryToLook(): Promise<void> {
    await this.look().catch((error: unknown) => this.options.log.warn('clock-look-failed', { reason: error instanceof Error ? error.name : 'unknown' }))
  }

  async #synchronised(bootId: string, uptimeSeconds: number): Promise<void> {
    const epochMs = this.options.clock.source.now().getTime() - uptimeSeconds * 1000
    const known = this.document.data.boots.find((one) => one.bootId === bootId)
    if (known?.source === 'network' && Math.abs(known.epochMs - epochMs) < SAME_MS) return
    await this.#learn({ bootId, epochMs, source: 'network' })
  }

  #seen(): IsoTime | undefined { return seenOf(this.document.data.lastSeen, this.document.data.networkSeen) }

  #doubtOf(offered: Date): Problem | undefined {
    const seen = this.#seen()
    const now = this.options.clock.monotonicMs()
    const waitedMs = this.#asked ? now - this.#asked.monotonicMs : Infinity
    const isAgain = this.#asked !== undefined && waitedMs < AGAIN_WITHIN_MS && Math.abs(offered.getTime() - this.#asked.offeredMs - waitedMs) < AGAIN_SAME_MS
    if (seen === undefined || isAgain || !isBefore(offered, seen)) return undefined
    this.#asked = { offeredMs: offered.getTime(), monotonicMs: now }
    return problem('clock-before-seen', `This tablet says ${toMinute(offered)}, but ${toMinute(new Date(seen))} was seen here before (both UTC). Where the tablet is right, give its time once more within ten minutes; otherwise set the tablet's clock first.`)
  }

  async #learn(boot: LearntBoot): Promise<void> {
    const seen = new Date(boot.epochMs + this.boot().uptimeSeconds * 1000).toISOString()
    this.#asked = undefined
    await this.document.change(({ lost: _told, ...record }) => ({ ...record, lastSeen: seen, ...(boot.source === 'network' ? { networkSeen: seen } : {}), lastBootId: boot.bootId, boots: [...record.boots.filter(({ bootId }) => bootId !== boot.bootId), boot].slice(-MOST_BOOTS) }))
    this.options.log.info('clock-learnt', { source: boot.source })
    for (const listener of this.#listeners) listener()
  }

  /** The newest trusted time, now and then: a clock that comes back before it is wrong. */
  async #note(bootId: string): Promise<void> {
    const now = this.options.clock.monotonicMs()
    const { lastSeen, lastBootId } = this.document.data
    if (lastBootId === bootId && lastSeen !== undefined && now - this.#notedMs < NOTE_EVERY_MS) return
    this.#notedMs = now
    const seen = this.options.clock.now().toISOString()
    await this.document.change((record) => ({ ...record, lastSeen: seen, ...(this.#status.source === 'network' ? { networkSeen: seen } : {}), lastBootId: bootId })).catch(() => undefined)
  }
}

/** A damaged one is set aside: what it knew comes again from the network or a tablet, and nothing else depends on it. */
async function openRecord(path: string, log: Log): Promise<JsonDocument<ClockRecord>> {
  try {
    return await JsonDocument.open<ClockRecord>(path, { formatVersion: 1, boots: [] })
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error
    log.error('clock-note-damaged', { keptAs: 'operations/clock.json.damaged', next: 'Times are marked as uncertain until the network or a tablet, confirmed by an administrator on the system page, says the time.' })
    await setAside(path)
    return JsonDocument.open<ClockRecord>(path, { formatVersion: 1, boots: [] })
  }
}

/** The damaged one stays in force until the new one, which says that something was lost, is in its place. */
async function setAside(path: string): Promise<void> {
  await rm(`${path}.damaged`, { force: true })
  await linkOrCopy(path, `${path}.damaged`).catch((error: unknown) => { if (!isErrno(error, 'ENOENT')) throw error })
  await writeFileDurable(path, renderDocument({ formatVersion: 1, lost: true, boots: [] } satisfies ClockRecord)).catch((error: unknown) => { throw orStoreFull(error) })
}
