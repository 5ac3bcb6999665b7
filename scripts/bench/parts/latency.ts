import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StageTimings } from '../../../src/domain/reading.js'
import type { Appliance, StoredStudy } from '../appliance.js'
import { awaitVerdicts, startAppliance, whileRunning } from '../appliance.js'
import type { Figure } from '../figures.js'
import { spread } from '../figures.js'
import { makePhotograph, writeFilms } from '../films.js'
import { processorMs, run } from '../processes.js'
import { requireProgram } from '../receivers.js'
import { bareMedians } from './models.js'

const TIMES = 20
const WARM_UP = 2

/** What one image took from its last byte to its stored verdict. */
type Trip = { readonly stored: StoredStudy; readonly lastByteAtMs: number; readonly processorMs: number }

/**
 * One image at a time: a photograph renamed into the inbox, a 10 MB CR over C-STORE. The last byte is in when the file
 * has its name in the inbox, or when the study says it was received (C-STORE); the verdict is stored when its document is written.
 */
export async function benchLatency(scratch: string): Promise<Figure[]> {
  requireProgram('storescu')
  const data = await mkdtemp(join(scratch, 'latency-'))
  const appliance = await startAppliance(data)
  return whileRunning(appliance, async () => {
    const known = new Set<string>()
    const bare = await bareMedians()
    const photographs = await repeat(appliance, (i) => dropPhotograph(appliance, known, i))
    const films = await repeat(appliance, () => sendFilm(appliance, known, scratch))
    return [...figuresOf('fundus JPEG, inbox', photographs, bare), ...figuresOf('10 MB CR, C-STORE', films, bare)]
  }).finally(() => rm(data, { recursive: true, force: true }))
}

async function repeat({ child }: Appliance, once: (i: number) => Promise<Omit<Trip, 'processorMs'>>): Promise<Trip[]> {
  const trips: Trip[] = []
  for (let i = 0; i < TIMES + WARM_UP; i++) {
    const before = processorMs(child.pid ?? 0)
    const trip = await once(i)
    trips.push({ ...trip, processorMs: processorMs(child.pid ?? 0) - before })
  }
  return trips.slice(WARM_UP)
}

async function dropPhotograph({ data }: Appliance, known: Set<string>, seed: number): Promise<Omit<Trip, 'processorMs'>> {
  const inbox = join(data, 'inbox')
  await mkdir(inbox, { recursive: true })
  const outside = join(data, `photograph-${seed}.part`)
  await writeFile(outside, await makePhotograph(seed))
  const lastByteAtMs = Date.now()
  await rename(outside, join(inbox, `photograph-${seed}.jpg`))
  return { stored: await oneVerdict(data, known), lastByteAtMs }
}

async function sendFilm(appliance: Appliance, known: Set<string>, scratch: string): Promise<Omit<Trip, 'processorMs'>> {
  const [film = ''] = await writeFilms(scratch, 1)
  await run('storescu', ['-aec', appliance.aeTitle, '127.0.0.1', String(appliance.dicomPort), film])
  const stored = await oneVerdict(appliance.data, known)
  await rm(film)
  return { stored, lastByteAtMs: Date.parse(stored.study.receivedAt) }
}

async function oneVerdict(data: string, known: Set<string>): Promise<StoredStudy> {
  const [stored] = await awaitVerdicts(data, 1, known)
  if (!stored) throw new Error('No study came of the image.')
  return stored
}

function figuresOf(name: string, trips: readonly Trip[], bare: ReadonlyMap<string, number>): Figure[] {
  const part = 'latency'
  const total = trips.map(totalMs)
  const stage = (key: keyof StageTimings): number[] => trips.map(({ stored }) => stored.study.reading?.timingMs[key] ?? 0)
  const stages = (['decode', 'quality', 'preprocess', 'inference'] as const).flatMap((key) => spread(part, `${name}: ${key}`, stage(key)))
  const pack = trips[0]?.stored.study.reading?.pack
  const bareMs = pack && bare.get(`${pack.id} ${pack.version}`)
  return [
    ...spread(part, `${name}: last byte to verdict stored`, total),
    ...spread(part, `${name}: arrival to study begun (settle, store, queue)`, trips.map(waitedMs)),
    ...stages,
    ...spread(part, `${name}: rest of the reading (previews, heatmap)`, trips.map(restOfReadingMs)),
    ...spread(part, `${name}: verdict committed`, trips.map((trip) => totalMs(trip) - waitedMs(trip) - (trip.stored.study.reading?.timingMs.total ?? 0))),
    ...spread(part, `${name}: everything besides inference`, trips.map((trip) => totalMs(trip) - (trip.stored.study.reading?.timingMs.inference ?? 0))),
    ...spread(part, `${name}: processor time, service and reader`, trips.map((trip) => trip.processorMs)),
    ...(bareMs === undefined || bareMs === null ? [] : [{ part, name: `${name}: bare session.run of ${pack?.id}, p50`, value: bareMs, unit: 'ms' }]),
    { part, name: `${name}: verdicts given`, value: trips.filter(({ stored }) => stored.study.state === 'ready').length, unit: 'of', note: `${trips.length}` }
  ]
}

const totalMs = ({ stored, lastByteAtMs }: Trip): number => stored.writtenAtMs - lastByteAtMs

function restOfReadingMs({ stored }: Trip): number {
  const timing = stored.study.reading?.timingMs
  return timing ? timing.total - timing.decode - timing.quality - timing.preprocess - timing.inference : 0
}

/** Until the document says that reading began: the second line of the history. */
function waitedMs({ stored, lastByteAtMs }: Trip): number {
  const begun = stored.study.history[1]?.at
  return begun === undefined ? 0 : Date.parse(begun) - lastByteAtMs
}
