import type { CloseReason, DeviceHost, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import type { ProbeReport } from '../../domain/device-report.js'
import { err, ok } from '../../domain/result.js'
import { deviceProblem } from '../open-problem.js'
import { waitMs } from '../../platform/backoff.js'
import type { Frame } from './framing.js'
import { FrameDecoder, encodeFrame } from './framing.js'
import { HostSession } from './host-session.js'
import * as events from './log-events.js'
import type { SerialDigitizerOptions } from './options.js'
import type { BytePort } from '../serial-port.js'
import { openPort } from '../serial-port.js'
import { reportOn } from './probe.js'
import { portGone, silentLine } from './problems.js'
import { ScanStore } from './scan-store.js'
import type { SessionAction, SessionEvent, SessionTiming } from './session-types.js'
import { DEFAULT_TIMING } from './session-types.js'

const TICK_MS = 50
/** Between two bytes of one frame (docs/serial-digitizer.md, 2.4). */
const FRAME_PAUSE_MS = 250
const CLOSE_WITHIN_MS = 800
const NAME_WITHIN_MS = 700

/** A `DeviceLink` that can also tell the device what to do. */
export type DigitizerLink = DeviceLink & {
  /** 0 means the device's own default. */
  scan(film: { dpi: number; bits: number }): void
  /** Stops the scan under way and forgets its lines. */
  abort(): void
}

/** One link at a time writes into a device's spool; the next waits for what the last one has begun. */
const inUse = new Map<string, Promise<void>>()

/** Resolves when the port is open and the digitizer has had a moment to give its name. Rejects when the port can't be opened. */
export async function openDigitizer(options: SerialDigitizerOptions, host: DeviceHost, timing: Partial<SessionTiming> = {}): Promise<DigitizerLink> {
  const place = `${host.spoolFolder}\0${host.deviceId}`
  await inUse.get(place)
  const port = await openPort(options)
  const scans = await ScanStore.open(host).catch(async (error: unknown) => {
    await port.close()
    throw error
  })
  const line = new OpenLine({ options, host, port, scans, timing: { ...DEFAULT_TIMING, stallMs: options.stallSeconds * 1000, ...timing } })
  inUse.set(place, line.done)
  await Promise.race([line.named, line.closed, waitMs(NAME_WITHIN_MS)])
  return line
}

type Parts = { readonly options: SerialDigitizerOptions; readonly host: DeviceHost; readonly port: BytePort; readonly scans: ScanStore; readonly timing: SessionTiming }

class OpenLine implements DigitizerLink {
  readonly closed: Promise<CloseReason>
  /** Resolves when nothing of this link is under way any more: also a delivery that outlived the line. */
  readonly done: Promise<void>
  readonly named: Promise<void>
  #detail: string
  readonly #end: (reason: CloseReason) => void
  #markNamed: () => void = () => undefined
  #ended = false
  #tickWaits = false
  #lastByteMs = 0
  #turn: Promise<void> = Promise.resolve()
  #writing: Promise<void> = Promise.resolve()
  readonly #decoder = new FrameDecoder()
  readonly #session: HostSession
  readonly #ticker: NodeJS.Timeout

  constructor(private readonly parts: Parts) {
    const { options, timing, scans } = parts
    const { closed, end } = linkEnd()
    this.closed = closed
    this.#end = end
    this.named = new Promise((resolve) => { this.#markNamed = resolve })
    this.#detail = `${options.path}, ${options.baudRate} baud`
    this.#session = new HostSession({ ...options, windowBytes: options.windowKiB * 1024, timing, taken: scans.taken.keys })
    this.#ticker = setInterval(() => this.#tick(), TICK_MS)
    void this.#enqueue(() => this.#process({ type: 'opened', at: this.#now() }))
    void this.#readForEver()
    this.done = closed.then(() => this.#finishUp())
  }

  get detail(): string { return this.#detail }

  scan(film: { dpi: number; bits: number }): void { this.#tell({ type: 'scan-requested', at: this.#now(), ...film }) }
  abort(): void { this.#tell({ type: 'abort-requested', at: this.#now() }) }

  /** The port is ours already: what the digitizer said of itself since it was opened. */
  check(): Promise<ProbeReport> {
    const { identity } = this.#session
    return Promise.resolve(reportOn(identity ? ok(identity) : err(silentLine(this.parts.options.path))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close({})
    await Promise.race([this.done, waitMs(CLOSE_WITHIN_MS)])
  }

  #now(): number { return this.parts.host.clock.monotonicMs() }

  async #readForEver(): Promise<void> {
    const { port, options } = this.parts
    try {
      while (!this.#ended) {
        const { buffer, offset, length } = this.#decoder.space()
        const count = await port.read(buffer, offset, length)
        this.#lastByteMs = this.#now()
        await this.#enqueue(() => this.#frames(this.#decoder.received(count)))
      }
    } catch {
      this.#close({ problem: portGone(options.path) })
    }
  }

  async #frames(frames: readonly Frame[]): Promise<void> {
    if (frames.length === 0) return this.#process({ type: 'noise', at: this.#now(), bytes: this.#decoder.noiseBytes })
    for (const frame of frames) await this.#process({ type: 'frame', at: this.#now(), frame })
    await this.parts.scans.flush()
  }

  #tick(): void {
    if (this.#tickWaits) return
    this.#tickWaits = true
    void this.#enqueue(async () => {
      this.#tickWaits = false
      if (this.#decoder.partial && this.#now() - this.#lastByteMs > FRAME_PAUSE_MS) await this.#frames(this.#decoder.expire())
      await this.#process({ type: 'tick', at: this.#now() })
    })
  }

  #tell(event: SessionEvent): void { void this.#enqueue(() => this.#process(event)) }

  /** One event at a time; a failure of our own disk ends the link. */
  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => { if (!this.#ended) await task() }).catch((error: unknown) => this.#fail(error))
    return this.#turn
  }

  async #process(event: SessionEvent): Promise<void> {
    for (const action of this.#session.handle(event)) await this.#perform(action)
  }

  async #perform(action: SessionAction): Promise<void> {
    const { scans, host } = this.parts
    switch (action.type) {
      case 'send': return this.#send(encodeFrame(action.message, action.tag, action.payload))
      case 'write-line': return scans.add(action)
      case 'identified':
        this.#detail = `${action.identity.model} ${action.identity.serial} on ${this.parts.options.path}`
        this.#markNamed()
        return events.digitizerIdentified(host.log, action.identity)
      case 'find-spool': return this.#find(action.key)
      case 'begin-spool': return this.#begin(action)
      case 'checkpoint': return this.#checkpoint(action.key)
      case 'finish': return this.#finish(action)
      case 'drop-lines': return scans.dropLines(action.key)
      case 'drop-spool': return scans.drop(action.key)
      case 'report':
        events.digitizerReported(host.log, action.problem.code)
        return host.report(action.problem)
      case 'close': return this.#close({ problem: action.problem })
    }
  }

  async #find(key: string): Promise<void> {
    const stored = await this.parts.scans.find(key)
    if (stored) events.scanResumed(this.parts.host.log, { scan: key, lines: stored.held.reduce((sum, { count }) => sum + count, 0) })
    await this.#process({ type: 'spool-found', at: this.#now(), key, stored })
  }

  async #begin({ key, header, isOfNow }: Extract<SessionAction, { type: 'begin-spool' }>): Promise<void> {
    const begun = await this.parts.scans.begin(key, header, isOfNow)
    if (!begun.ok) return this.#close({ problem: begun.error })
    events.scanBegun(this.parts.host.log, { scan: key, width: header.width, height: header.height, bits: header.bits })
  }

  /** Runs beside the lines that follow; what it makes durable was written before. */
  async #checkpoint(key: string): Promise<void> {
    await this.parts.scans.flush()
    this.parts.scans.checkpoint().then((mark) => this.#tell({ type: 'kept', at: this.#now(), key, mark }), (error: unknown) => this.#fail(error))
  }

  async #finish({ key, lines, imageCrc }: Extract<SessionAction, { type: 'finish' }>): Promise<void> {
    const { scans, host } = this.parts
    await scans.flush()
    const { noiseBytes, badFrames } = this.#decoder
    scans.finish(key, { lines, imageCrc, serial: this.#session.identity?.serial ?? '' }).then((result) => {
      if (result.outcome === 'damaged' || result.outcome === 'refused') {
        return this.#tell({ type: result.outcome === 'damaged' ? 'damaged' : 'not-delivered', at: this.#now(), key })
      }
      events.scanDelivered(host.log, { scan: key, lines, outcome: result.outcome, noiseBytes, badFrames })
      this.#tell({ type: 'delivered', at: this.#now(), key })
    }).catch((error: unknown) => this.#fail(error))
  }

  #send(bytes: Buffer): void {
    const { port, options } = this.parts
    this.#writing = this.#writing.then(() => port.write(bytes)).catch(() => this.#close({ problem: portGone(options.path) }))
  }

  #fail(error: unknown): void {
    events.linkFailed(this.parts.host.log, (error as NodeJS.ErrnoException | undefined)?.code ?? (error instanceof Error ? error.name : 'unknown'))
    this.#close({ problem: deviceProblem(error) })
  }

  #close(reason: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#ticker)
    this.#end(reason)
  }

  async #finishUp(): Promise<void> {
    await Promise.race([this.parts.port.close().catch(() => undefined), waitMs(CLOSE_WITHIN_MS / 2)])
    await this.#turn
    await this.parts.scans[Symbol.asyncDispose]().catch((error: unknown) => events.linkFailed(this.parts.host.log, String((error as NodeJS.ErrnoException).code)))
  }
}
