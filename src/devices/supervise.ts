import type { CommitmentReport } from '../dicom/commitment.js'
import type { Deliver } from '../domain/arrival.js'
import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { BackoffLimits } from '../platform/backoff.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { CloseReason, DeviceHost, DeviceLink } from './device-kind.js'
import { deviceProblem } from './open-problem.js'
import type { RegisteredKind } from './registry.js'

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
}

export type SuperviseOptions = {
  readonly devices: readonly { readonly id: string; readonly kind: string; readonly options: unknown }[]
  readonly kinds: readonly RegisteredKind[]
  readonly deliver: Deliver
  readonly spoolFolder: string
  readonly clock: Clock
  readonly log: Log
  /** Whether the store has room for so many bytes; without it devices find out by trying. */
  readonly hasRoomFor?: (bytes: number) => Promise<boolean>
  /** Told of what destinations commit to keep. */
  readonly committed?: (report: CommitmentReport) => void
  /** Services of the house that a device may ask for. */
  readonly services?: Pick<DeviceHost, 'worklist' | 'reportProgress' | 'mount'>
  readonly random?: () => number
  readonly backoff?: BackoffLimits
}

export type DeviceSupervisor = AsyncDisposable & {
  status(): readonly DeviceStatus[]
  /** Called after each change of any status. */
  subscribe(listener: () => void): () => void
  /** Resolves when each device has been tried once: it is open or waiting. */
  readonly triedAll: Promise<void>
}

const BACKOFF: BackoffLimits = { baseMs: 500, maxMs: 30_000 }
/** A link that held this long was no failure to open: the next wait is short again. */
const STABLE_AFTER_MS = 10_000

/** Opens every device, opens it again whenever it ends, and knows how each is doing. Disposing closes all. */
export function superviseDevices(options: SuperviseOptions): DeviceSupervisor {
  const listeners = new Set<() => void>()
  const stop = new AbortController()
  const devices = options.devices.map((device) => new SupervisedDevice(device, options, () => listeners.forEach((listener) => listener())))
  const running = devices.map((device) => device.run(stop.signal))
  return {
    status: () => devices.map((device) => device.status),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    triedAll: Promise.all(devices.map((device) => device.tried)).then(() => undefined),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(running)
    }
  }
}

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

class SupervisedDevice {
  status: DeviceStatus
  readonly tried: Promise<void>
  #markTried: () => void = () => undefined

  constructor(private readonly device: SuperviseOptions['devices'][number], private readonly options: SuperviseOptions, private readonly changed: () => void) {
    this.status = { deviceId: device.id, kind: device.kind, state: 'opening', arrivals: 0 }
    this.tried = new Promise((resolve) => { this.#markTried = resolve })
  }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const startedMs = this.options.clock.monotonicMs()
      this.#update({ state: 'opening' })
      const problem = await this.#openOnce(signal).catch((error: unknown) => this.#failed(error))
      if (signal.aborted) break
      failures = this.options.clock.monotonicMs() - startedMs > STABLE_AFTER_MS ? 0 : failures + 1
      this.#update({ state: 'waiting', lastProblem: problem ?? this.status.lastProblem, detail: undefined, endpoint: undefined, openedAt: undefined })
      this.#markTried()
      await waitMs(backoffMs(failures, this.options.random ?? Math.random, this.options.backoff ?? BACKOFF), signal)
    }
    this.#update({ state: 'closed', detail: undefined, endpoint: undefined, openedAt: undefined })
    this.#markTried()
  }

  /** Resolves when the link has ended, with the problem that ended it. */
  async #openOnce(signal: AbortSignal): Promise<Problem | undefined> {
    const kind = this.options.kinds.find((each) => each.kind === this.device.kind)
    if (!kind) throw new Error(`no such kind of device: ${this.device.kind}`)
    await using link: DeviceLink = await kind.open(this.device.options as never, this.#host())
    this.#update({ state: 'open', detail: link.detail, endpoint: link.endpoint, lastProblem: undefined, openedAt: this.#now() })
    this.#markTried()
    this.options.log.info('device-open', { deviceId: this.device.id, detail: link.detail })
    return (await endOrAbort(link, signal)).problem
  }

  #host(): DeviceHost {
    const { spoolFolder, clock, log, committed, hasRoomFor = () => Promise.resolve(true) } = this.options
    return {
      ...this.options.services, deviceId: this.device.id, spoolFolder, clock, hasRoomFor, committed, log: log.child({ deviceId: this.device.id }),
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

  #failed(error: unknown): Problem {
    const problem = deviceProblem(error)
    if (this.status.lastProblem?.code !== problem.code) {
      this.options.log.warn('device-failed', { deviceId: this.device.id, code: problem.code, reason: String(error) })
    }
    return problem
  }

  #update(change: Partial<DeviceStatus>): void {
    this.status = { ...this.status, ...change }
    this.changed()
  }

  #now(): IsoTime { return this.options.clock.now().toISOString() }
}
