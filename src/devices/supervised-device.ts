import { join } from 'node:path'
import type { CommitmentReport } from '../dicom/commitment.js'
import type { Deliver } from '../domain/arrival.js'
import type { DeviceCommand, DeviceEvent, ProbeReport } from '../domain/device-report.js'
import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err } from '../domain/result.js'
import type { HoldingVisit } from '../domain/visit.js'
import type { BackoffLimits } from '../platform/backoff.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'
import type { CloseReason, DeviceHost, DeviceLink } from './device-kind.js'
import { DeviceRefused } from './device-refused.js'
import { deviceProblem } from './open-problem.js'
import type { RegisteredKind } from './registry.js'
import { testDevice } from './test-device.js'

/** waiting: it could not be opened or it ended; it is tried again after a while. closed: on purpose. */
export type DeviceState = 'opening' | 'open' | 'waiting' | 'closed'

export type DeviceStatus = {
  readonly deviceId: string
  readonly kind: string
  readonly state: DeviceState
  readonly detail?: string
  /** `AET@HOST:PORT` while a DICOM receiver is open. */
  readonly endpoint?: string
  readonly lastProblem?: Problem
  readonly openedAt?: IsoTime
  /** Objects taken (stored, known already or quarantined) since the start. */
  readonly arrivals: number
  readonly lastArrivalAt?: IsoTime
  /** What it can be told to do now, and whether it gives a live picture. */
  readonly commands?: readonly string[]
  readonly hasPreview?: boolean
  /** Senders behind it that a visit may hold one by one. */
  readonly stations?: readonly string[]
}

/** What the house does for devices beside taking arrivals; `visit` is asked with a station. */
export type HouseServices = Pick<DeviceHost, 'worklist' | 'reportProgress' | 'mount' | 'draw'> & { visit?(station: string): HoldingVisit | undefined }

export type SuperviseOptions = {
  readonly devices: readonly { readonly id: string; readonly kind: string; readonly options: unknown }[]
  readonly kinds: readonly RegisteredKind[]
  readonly deliver: Deliver
  readonly spoolFolder: string
  /** With a folder a device, for what must last of it. */
  readonly devicesFolder: string
  readonly clock: Clock
  readonly log: Log
  /** Whether the store has room for so many bytes; without it devices find out by trying. */
  readonly hasRoomFor?: (bytes: number) => Promise<boolean>
  /** Told of what destinations commit to keep. */
  readonly committed?: (report: CommitmentReport) => void
  /** Services of the house that a device may ask for. */
  readonly services?: HouseServices
  readonly random?: () => number
  readonly backoff?: BackoffLimits
}

const BACKOFF: BackoffLimits = { baseMs: 500, maxMs: 30_000 }
/** A link that held this long was no failure to open: the next wait is short again. */
const STABLE_AFTER_MS = 10_000

const NOT_OPEN = { detail: undefined, endpoint: undefined, openedAt: undefined, commands: undefined, hasPreview: undefined, stations: undefined } as const

const facts = (link: DeviceLink): Partial<DeviceStatus> =>
  ({ detail: link.detail, endpoint: link.endpoint, commands: link.commands, hasPreview: link.preview !== undefined, stations: link.stations })

/** The link's own end, or an end without problem when asked to stop. */
function endOrAbort(link: DeviceLink, signal: AbortSignal): Promise<CloseReason> {
  return new Promise((resolve) => {
    const asked = (): void => resolve({})
    if (signal.aborted) return asked()
    signal.addEventListener('abort', asked, { once: true })
    void link.closed.then((reason) => {
      signal.removeEventListener('abort', asked)
      resolve(reason)
    })
  })
}

/** Whoever hears of a device: the status of any changed, or this one said something. */
export type DeviceListeners = { changed(): void; said(deviceId: string, event: DeviceEvent): void }

/** One device: open, waiting to be opened again, or closed for good. */
export class SupervisedDevice {
  status: DeviceStatus
  readonly tried: Promise<void>
  #markTried: () => void = () => undefined
  /** While it is open. */
  #link: DeviceLink | undefined

  constructor(private readonly device: SuperviseOptions['devices'][number], private readonly options: SuperviseOptions, private readonly listeners: DeviceListeners) {
    this.status = { deviceId: device.id, kind: device.kind, state: 'opening', arrivals: 0 }
    this.tried = new Promise((resolve) => { this.#markTried = resolve })
  }

  get id(): string { return this.device.id }

  /** The test of the device, through its link while that is open. Never rejects. */
  probe(): Promise<ProbeReport> {
    const link = this.#link
    return testDevice(() => (link?.check ? link.check() : this.#kind().probe(this.device.options as never, this.#host())))
  }

  command(command: DeviceCommand): Promise<Result<unknown, Problem>> {
    return this.#link?.command?.(command) ?? Promise.resolve(err(problem('device-not-open', 'The device is not connected. Plug it in or switch it on, and try again.')))
  }

  session(): unknown { return this.#link?.session?.() }

  preview(signal: AbortSignal): AsyncIterable<Uint8Array> | undefined { return this.#link?.preview?.(signal) }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const startedMs = this.options.clock.monotonicMs()
      this.#update({ state: 'opening' })
      const problem = await this.#openOnce(signal).catch((error: unknown) => this.#failed(error))
      if (signal.aborted) break
      failures = this.options.clock.monotonicMs() - startedMs > STABLE_AFTER_MS ? 0 : failures + 1
      this.#update({ state: 'waiting', lastProblem: problem ?? this.status.lastProblem, ...NOT_OPEN })
      this.#markTried()
      await waitMs(backoffMs(failures, this.options.random ?? Math.random, this.options.backoff ?? BACKOFF), signal)
    }
    this.#update({ state: 'closed', ...NOT_OPEN })
    this.#markTried()
  }

  /** Resolves when the link has ended, with the problem that ended it. */
  async #openOnce(signal: AbortSignal): Promise<Problem | undefined> {
    await using link: DeviceLink = await this.#kind().open(this.device.options as never, this.#host())
    this.#link = link
    this.#update({ state: 'open', ...facts(link), lastProblem: undefined, openedAt: this.#now() })
    this.#markTried()
    this.options.log.info('device-open', { deviceId: this.device.id, detail: link.detail })
    return (await endOrAbort(link, signal).finally(() => { this.#link = undefined })).problem
  }

  #kind(): RegisteredKind {
    const kind = this.options.kinds.find((each) => each.kind === this.device.kind)
    if (!kind) throw new Error(`no such kind of device: ${this.device.kind}`)
    return kind
  }

  #host(): DeviceHost {
    const { spoolFolder, devicesFolder, clock, log, committed, services, hasRoomFor = () => Promise.resolve(true) } = this.options
    return {
      ...services, visit: (sender) => services?.visit?.(sender === undefined ? this.device.id : `${this.device.id}:${sender}`), emit: (event) => this.#heard(event), deviceId: this.device.id, spoolFolder, stateFolder: join(devicesFolder, this.device.id), clock, hasRoomFor, committed, log: log.child({ deviceId: this.device.id }),
      deliver: (arrival) => this.#deliver(arrival),
      report: (problem) => this.#update({ lastProblem: problem })
    }
  }

  async #deliver(arrival: Parameters<Deliver>[0]): ReturnType<Deliver> {
    const result = await this.options.deliver(arrival)
    if (result.ok) this.#update({ arrivals: this.status.arrivals + 1, lastArrivalAt: this.#now(), lastProblem: undefined })
    else this.#update({ lastProblem: result.error })
    return result
  }

  /** A link's name, buttons and session may change while it is open. */
  #heard(event: DeviceEvent): void {
    if (event.type === 'session' && this.#link) this.#update(facts(this.#link))
    this.listeners.said(this.device.id, event)
  }

  #failed(error: unknown): Problem {
    const problem = deviceProblem(error)
    if (this.status.lastProblem?.code !== problem.code) {
      this.options.log.warn('device-failed', { deviceId: this.device.id, code: problem.code, reason: error instanceof DeviceRefused ? problem.message : reasonOf(error) })
    }
    return problem
  }

  #update(change: Partial<DeviceStatus>): void {
    this.status = { ...this.status, ...change }
    this.listeners.changed()
  }

  #now(): IsoTime { return this.options.clock.now().toISOString() }
}
