import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSerialDigitizerOptions } from '../../../src/devices/serial-digitizer/options.js'
import { serialDigitizer } from '../../../src/devices/serial-digitizer/serial-digitizer.js'
import { openPort } from '../../../src/devices/serial-port.js'
import { superviseDevices } from '../../../src/devices/supervise.js'
import type { Arrival } from '../../../src/domain/arrival.js'
import { ok } from '../../../src/domain/result.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { createFilm } from '../../../src/simulate/digitizer/film.js'
import { startDigitizerSimulator } from '../../../src/simulate/digitizer/simulator.js'
import { openPseudoTerminal } from '../../../src/simulate/pseudo-terminal.js'
import { quantile, type Figure } from '../figures.js'
import { until } from '../processes.js'

const FILMS = 6
const SIZE = { width: 4280, height: 1400, bits: 16 }
const FILM_BYTES = SIZE.width * SIZE.height * 2
const part = 'serial'

/** Films of noise, 12 MB each, from the digitizer's simulator through a pseudo-terminal, both ends in this process; beside them the same bytes through one without a protocol. */
export async function benchSerial(scratch: string): Promise<Figure[]> {
  const folder = await mkdtemp(join(scratch, 'serial-'))
  try {
    const framed = await films(folder)
    const bare = await bareLine(folder)
    const note = `n=${FILMS}, both ends in one process`
    return [
      { part, name: 'digitizer: scan lines checked, acknowledged and kept, p50', value: quantile(framed, 0.5), unit: 'MB/s', note },
      { part, name: 'the same bytes through a pseudo-terminal, no protocol, p50', value: quantile(bare, 0.5), unit: 'MB/s', note },
      { part, name: 'digitizer beside the bare line', value: quantile(framed, 0.5) / quantile(bare, 0.5), unit: 'x', note: 'above 1: the digitizer is faster' }
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** From the film's insertion until the device was told that it is kept, MB/s of samples. */
async function films(folder: string): Promise<number[]> {
  const port = join(folder, 'digitizer')
  const stop = new AbortController()
  const simulator = await startDigitizerSimulator({
    port, seed: 1, everyMs: undefined, image: (index) => (index < FILMS ? createFilm({ ...SIZE, bytes: randomBytes(FILM_BYTES) }) : undefined), log: silentLog, signal: stop.signal
  })
  const deliver = async ({ spoolPath }: Arrival) => {
    await rm(spoolPath)
    return ok({ outcome: 'stored', studyId: '20260101-00000000' } as const)
  }
  const options = parseSerialDigitizerOptions({ path: port, baudRate: 4_000_000 })
  if (!options.ok) throw new Error('The digitizer\'s options are not taken.')
  const devices = superviseDevices({
    devices: [{ id: 'cr', kind: 'serial-digitizer', options: options.value }], kinds: [serialDigitizer], deliver,
    spoolFolder: join(folder, 'spool'), devicesFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true)
  })
  try {
    await until('the digitizer', () => devices.status()[0]?.detail?.includes('PHANTOM') || undefined, 30_000)
    return await timed(async (count) => {
      simulator.insertFilm()
      await until('a film', () => simulator.taken.length > count || undefined, 120_000)
    })
  } finally {
    await devices[Symbol.asyncDispose]()
    stop.abort()
    await simulator.ended
  }
}

async function bareLine(folder: string): Promise<number[]> {
  const path = join(folder, 'bare')
  const terminal = await openPseudoTerminal(path)
  const port = await openPort({ path, baudRate: 4_000_000, flowControl: 'none' })
  const buffer = Buffer.alloc(65_536)
  try {
    return await timed(async () => {
      const written = terminal.write(randomBytes(FILM_BYTES))
      for (let left = FILM_BYTES; left > 0;) left -= await port.read(buffer, 0, buffer.length)
      await written
    })
  } finally {
    await port.close()
    await terminal.unplug()
  }
}

/** MB/s of each of the films. */
async function timed(once: (count: number) => Promise<void>): Promise<number[]> {
  const speeds: number[] = []
  while (speeds.length < FILMS) {
    const startedMs = performance.now()
    await once(speeds.length)
    speeds.push(FILM_BYTES / 1000 / (performance.now() - startedMs))
  }
  return speeds
}
