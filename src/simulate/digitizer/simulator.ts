import type { Log } from '../../platform/log.js'
import { waitMs } from '../../platform/backoff.js'
import type { Random } from '../../phantoms/random.js'
import { createRandom } from '../../phantoms/random.js'
import type { DeviceManners } from './device.js'
import { DigitizerDevice } from './device.js'
import type { LineFaults } from './faults.js'
import { disturb } from './faults.js'
import type { Film } from './film.js'
import { phantomFilm } from './film.js'
import type { PseudoTerminal } from '../pseudo-terminal.js'
import { openPseudoTerminal } from '../pseudo-terminal.js'
import { takeCommands } from './wire.js'

export type DigitizerFaults = LineFaults & {
  /** The cable is pulled each time about so many frames were sent. */
  readonly unplugEveryFrames?: number
  /** It comes back after this; 200 unless said otherwise. */
  readonly unpluggedMs?: number
  /** Nothing is ever answered. */
  readonly silent?: boolean
  /** Only random bytes are answered, as with the wrong speed. */
  readonly babble?: boolean
  readonly device?: DeviceManners
}

export type DigitizerSimulatorOptions = {
  /** A name for the host's end, made as a symbolic link to the pseudo-terminal. */
  readonly port: string
  /** Decides films, scan ids and accidents. */
  readonly seed: number
  readonly faults?: DigitizerFaults
  /** Films in the order they are scanned, undefined when there are no more; generated chest films when absent. */
  readonly image?: (index: number) => Film | undefined
  /** A film is inserted this long after the one before was taken; when absent, only `insertFilm` or the host's SCAN insert one. */
  readonly everyMs?: number
  /** Lines scanned a second; as fast as the line takes them when absent. */
  readonly linesPerSecond?: number
  readonly log: Log
  readonly signal: AbortSignal
}

export type DigitizerSimulator = AsyncDisposable & {
  readonly port: string
  insertFilm(): boolean
  /** Pulls the cable and puts it back. */
  replug(): Promise<void>
  /** Ids of the scans that the host has confirmed as durable, in order. */
  readonly taken: readonly string[]
  readonly aborted: readonly string[]
  readonly unplugs: number
  /** Bytes that went over the line. */
  readonly bytesSent: number
  readonly ended: Promise<void>
}

/** A digitizer on a pseudo-terminal that speaks docs/serial-digitizer.md, with accidents on request. Ends with `signal`. */
export async function startDigitizerSimulator(options: DigitizerSimulatorOptions): Promise<DigitizerSimulator> {
  const simulator = new Simulator(options, await openPseudoTerminal(options.port))
  simulator.start()
  return simulator
}

const IDLE_MS = 2

class Simulator implements DigitizerSimulator {
  readonly port: string
  unplugs = 0
  bytesSent = 0
  readonly ended: Promise<void>
  #markEnded: () => void = () => undefined
  readonly #random: Random
  readonly #device: DigitizerDevice
  #terminal: PseudoTerminal
  #answers: Buffer[] = []
  #received = Buffer.alloc(0)
  #films = 0
  #untilUnplug: number
  #replugging: Promise<void> | undefined
  #stop = new AbortController()
  #motorAt = performance.now()
  #idleSince = performance.now()

  constructor(private readonly options: DigitizerSimulatorOptions, terminal: PseudoTerminal) {
    this.port = options.port
    this.#random = createRandom(options.seed)
    this.#terminal = terminal
    this.ended = new Promise((resolve) => { this.#markEnded = resolve })
    this.#untilUnplug = this.#framesUntilUnplug()
    this.#device = new DigitizerDevice(
      { model: 'Screenpost PHANTOM digitizer', serial: `SIM-${options.seed}`, firmware: '1' },
      () => this.#nextFilm(), () => Buffer.from(Array.from({ length: 8 }, () => Math.floor(this.#random() * 256))), options.faults?.device)
  }

  get taken(): readonly string[] { return this.#device.taken }
  get aborted(): readonly string[] { return this.#device.aborted }

  start(): void {
    this.#listen()
    this.options.signal.addEventListener('abort', () => this.#stop.abort(), { once: true })
    // A host that closed its end reads no more: a write that waits for room would wait for ever.
    this.#stop.signal.addEventListener('abort', () => void this.#terminal.unplug(), { once: true })
    if (this.options.signal.aborted) this.#stop.abort()
    void this.#run()
  }

  insertFilm(): boolean {
    this.#motorAt = performance.now()
    return this.#device.insertFilm()
  }

  replug(): Promise<void> {
    this.#replugging ??= this.#pullAndPlug().finally(() => { this.#replugging = undefined })
    return this.#replugging
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.ended
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (this.#replugging) await this.#replugging
      this.#answers.push(...this.#device.advance(this.#linesScannedSince()))
      this.#insertWhenDue()
      const next = this.#answers.shift() ?? this.#device.nextLine()
      if (next) await this.#send(next)
      else await waitMs(IDLE_MS, this.#stop.signal)
    }
    await this.#replugging
    await this.#terminal.unplug()
    this.#markEnded()
  }

  async #send(frame: Buffer): Promise<void> {
    const { bytes, waitMs: pause } = disturb(frame, this.options.faults ?? {}, this.#random)
    if (pause > 0) await waitMs(pause, this.#stop.signal)
    if (--this.#untilUnplug <= 0) {
      this.#untilUnplug = this.#framesUntilUnplug()
      await this.#terminal.write(bytes.subarray(0, Math.floor(this.#random() * bytes.length)))
      return this.replug()
    }
    if (await this.#terminal.write(bytes)) this.bytesSent += bytes.length
  }

  async #pullAndPlug(): Promise<void> {
    await this.#terminal.unplug()
    this.unplugs += 1
    this.options.log.info('simulator-unplugged', { unplugs: this.unplugs })
    this.#answers = []
    this.#received = Buffer.alloc(0)
    this.#device.plugged()
    await waitMs(this.options.faults?.unpluggedMs ?? 200, this.#stop.signal)
    this.#terminal = await openPseudoTerminal(this.options.port)
    this.#listen()
  }

  #listen(): void {
    const terminal = this.#terminal
    terminal.onBytes((bytes) => { if (terminal === this.#terminal) this.#hear(bytes) })
  }

  #hear(bytes: Buffer): void {
    const { silent, babble } = this.options.faults ?? {}
    if (silent) return
    if (babble) return void this.#answers.push(Buffer.from(Array.from({ length: 40 }, () => Math.floor(this.#random() * 256))))
    const { commands, rest } = takeCommands(Buffer.concat([this.#received, bytes]))
    this.#received = Buffer.from(rest)
    for (const command of commands) this.#answers.push(...this.#device.command(command))
  }

  #linesScannedSince(): number {
    const rate = this.options.linesPerSecond
    if (rate === undefined) return Number.MAX_SAFE_INTEGER / 4
    const lines = Math.floor(((performance.now() - this.#motorAt) * rate) / 1000)
    this.#motorAt += (lines * 1000) / rate
    return lines
  }

  #insertWhenDue(): void {
    const now = performance.now()
    if (!this.#device.idle) this.#idleSince = now
    else if (this.options.everyMs !== undefined && now - this.#idleSince >= this.options.everyMs && this.insertFilm()) {
      this.options.log.info('simulator-film-inserted', { films: this.#films })
    }
  }

  #nextFilm(): Film | undefined {
    const index = this.#films
    const film = this.options.image ? this.options.image(index) : phantomFilm({ seed: this.options.seed + index })
    if (film) this.#films += 1
    return film
  }

  /** Between half and one and a half of the mean. */
  #framesUntilUnplug(): number {
    const mean = this.options.faults?.unplugEveryFrames
    return mean === undefined ? Infinity : Math.max(1, Math.round(mean * (0.5 + this.#random())))
  }
}
