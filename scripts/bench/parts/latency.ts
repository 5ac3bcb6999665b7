import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StageTimings } from '../../../src/domain/reading.js'
import type { Appliance, StoredStudy } from '../appliance.js'
import { awaitVerdicts, startAppliance } from '../appliance.js'
import type { Figure } from '../figures.js'
import { spread } from '../figures.js'
import { makePhotograph, writeFilms } from '../films.js'
import { run } from '../processes.js'
import { requireProgram } from '../receivers.js'
import { bareMedians } from './models.js'

const TIMES = 20
const WARM_UP = 2

/** What one image took from its last byte to its stored verdict. */
type Trip = { readonly stored: StoredStudy; readonly lastByteAtMs: number }

/**
 * One image at a time: a photograph renamed into the inbox, a 10 MB CR over C-STORE. The last byte is in when the file
 * has its name in the inbox, or when the study says it was received (C-STORE); the verdict is stored when its document is written.
 */
export async function benchLatency(scratch: string): Promise<Figure[]> {
  requireProgram('storescu')
  const data = await mkdtemp(join(scratch, 'latency-'))
  const appliance = await startAppliance(data)
  try {
    const known = new Set<string>()
    const bare = await bareMedians()
    const photographs = await repeat((i) => dropPhotograph(appliance, known, i))
    const films = await repeat(() => sendFilm(appliance, known, scratch))
    return [...figuresOf('fundus JPEG, inbox', photographs, bare), ...figuresOf('10 MB CR, C-STORE', films, bare)]
  } finally {
    await appliance.stop()
    await rm(data, { recursive: true, force: true })
  }
}

async function repeat(once: (i: number) => Promise<Trip>): Promise<Trip[]> {
  const trips: Trip[] = []
  for (let i = 0; i < TIMES + WARM_UP; i++) trips.push(await once(i))
  return trips.slice(WARM_UP)
}

async function dropPhotograph({ data }: Appliance, known: Set<string>, seed: number): Promise<Trip> {
  const inbox = join(data, 'inbox')
  await mkdir(inbox, { recursive: true })
  const outside = join(data, `photograph-${seed}.part`)
  await writeFile(outside, await makePhotograph(seed))
  const lastByteAtMs = Date.now()
  await rename(outside, join(inbox, `photograph-${seed}.jpg`))
  return { stored: await oneVerdict(data, known), lastByteAtMs }
}

async function sendFilm(appliance: Appliance, known: Set<string>, scratch: string): Promise<Trip> {
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
    ...spread(part, `${name}: everything besides inference`, trips.map((trip) => totalMs(trip) - (trip.stored.study.reading?.timingMs.inference ?? 0))),
    ...(bareMs === undefined || bareMs === null ? [] : [{ part, name: `${name}: bare session.run of ${pack?.id}, p50`, value: bareMs, unit: 'ms' }]),
    { part, name: `${name}: verdicts given`, value: trips.filter(({ stored }) => stored.study.state === 'ready').length, unit: 'of', note: `${trips.length}` }
  ]
}

const totalMs = ({ stored, lastByteAtMs }: Trip): number => stored.writtenAtMs - lastByteAtMs

/** Until the document says that reading began: the second line of the history. */
function waitedMs({ stored, lastByteAtMs }: Trip): number {
  const begun = stored.study.history[1]?.at
  return begun === undefined ? 0 : Date.parse(begun) - lastByteAtMs
}
