import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Arrival, Receipt } from '../../../src/domain/arrival.js'
import type { Problem } from '../../../src/domain/problem.js'
import type { Result } from '../../../src/domain/result.js'
import { ok } from '../../../src/domain/result.js'
import type { HoldingVisit } from '../../../src/domain/visit.js'
import type { DeviceSupervisor, SuperviseOptions } from '../../../src/devices/supervise.js'
import { superviseDevices } from '../../../src/devices/supervise.js'
import { openDigitizer } from '../../../src/devices/serial-digitizer/link.js'
import type { SerialDigitizerOptions } from '../../../src/devices/serial-digitizer/options.js'
import { parseSerialDigitizerOptions } from '../../../src/devices/serial-digitizer/options.js'
import { serialDigitizer } from '../../../src/devices/serial-digitizer/serial-digitizer.js'
import type { SessionTiming } from '../../../src/devices/serial-digitizer/session-types.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import type { Film } from '../../../src/simulate/digitizer/film.js'
import { createFilm } from '../../../src/simulate/digitizer/film.js'
import type { DigitizerFaults, DigitizerSimulatorOptions } from '../../../src/simulate/digitizer/simulator.js'
import { startDigitizerSimulator } from '../../../src/simulate/digitizer/simulator.js'
import { createRandom } from '../../../src/phantoms/random.js'

/** Short waits, so that a hundred accidents fit into a test. */
export const FAST: Partial<SessionTiming> = { replyMs: 120, pollMs: 100, lineMs: 60, checkpointMs: 20, deliverAgainMs: 100 }

export type Received = { readonly path: string; readonly sha256: string; readonly bytes: Buffer }

/** A clinic's store as the devices see it: keeps what is delivered, knows what came twice. */
export class ReceivingStore {
  readonly images: Received[] = []
  /** Of each image, in the same order. */
  readonly visits: Arrival['visitId'][] = []
  duplicates = 0
  /** Whether there is room for another scan. */
  roomy = true
  refusals: Problem[] = []
  /** Called while a delivery is under way. */
  meanwhile: () => Promise<void> = () => Promise.resolve()
  constructor(readonly folder: string) {}

  readonly deliver = async (arrival: Arrival): Promise<Result<Receipt, Problem>> => {
    const refusal = this.refusals.shift()
    if (refusal) return { ok: false, error: refusal }
    const bytes = await readFile(arrival.spoolPath)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await this.meanwhile()
    const known = this.images.some((image) => image.sha256 === sha256)
    const path = join(this.folder, `${sha256}.tif`)
    await rename(arrival.spoolPath, path)
    if (known) this.duplicates += 1
    else {
      this.images.push({ path, sha256, bytes })
      this.visits.push(arrival.visitId)
    }
    return ok({ outcome: known ? 'duplicate' : 'stored', studyId: `20260101-${sha256.slice(0, 8).toUpperCase()}` })
  }
}

/** A film of noise: every line differs, so a line in the wrong place is seen. */
export function noiseFilm(seed: number, { width = 200, height = 120, bits = 12 } = {}): Film {
  const random = createRandom(seed)
  const bytes = Buffer.from(Array.from({ length: width * height * (bits > 8 ? 2 : 1) }, () => Math.floor(random() * 256)))
  return createFilm({ width, height, bits, bytes, samplePitchNm: 100_000 })
}

/** The samples inside a delivered image. */
export const pixelsOf = (image: Received, film: Film): Buffer => image.bytes.subarray(8, 8 + film.bytes.length)

/** A simulator and, once `supervise` is called, the supervised device that reads it, in a temporary folder; disposing ends both. */
export async function startClinic(options: { films: readonly Film[]; faults?: DigitizerFaults; seed?: number; device?: Partial<SerialDigitizerOptions>; timing?: Partial<SessionTiming>; simulator?: Partial<DigitizerSimulatorOptions>; visit?: () => HoldingVisit | undefined }) {
  const folder = await mkdtemp(join(tmpdir(), 'digitizer-'))
  const store = new ReceivingStore(folder)
  const port = join(folder, 'tty')
  const stop = new AbortController()
  const simulator = await startDigitizerSimulator({
    port, seed: options.seed ?? 1, everyMs: 0, image: (index) => options.films[index], log: silentLog, signal: stop.signal, faults: options.faults, ...options.simulator
  })
  const parsed = parseSerialDigitizerOptions({ path: port, baudRate: 4_000_000, ...options.device })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const timing = { ...FAST, stallMs: parsed.value.stallSeconds * 1000, ...options.timing }
  const kinds: SuperviseOptions['kinds'] = [{ ...serialDigitizer, open: (given: SerialDigitizerOptions, host) => openDigitizer(given, host, timing) }]
  const started: DeviceSupervisor[] = []
  const supervise = (): DeviceSupervisor => {
    const devices = superviseDevices({
      devices: [{ id: 'cr', kind: 'serial-digitizer', options: parsed.value }], kinds, deliver: store.deliver,
      spoolFolder: join(folder, 'spool'), devicesFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, backoff: { baseMs: 20, maxMs: 60 }, hasRoomFor: () => Promise.resolve(store.roomy),
      ...(options.visit ? { services: { visit: options.visit } } : {})
    })
    started.push(devices)
    return devices
  }
  return {
    folder, port, store, simulator, supervise, options: parsed.value,
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((devices) => devices[Symbol.asyncDispose]()))
      stop.abort()
      await simulator.ended
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Waits until the check holds; says what it waited for when it never does. */
export async function until(what: string, check: () => boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!check()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}
