import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { awaitVerdicts, startAppliance } from '../appliance.js'
import type { Figure } from '../figures.js'
import { quantile } from '../figures.js'
import { writeFilms } from '../films.js'
import { run, watchMemory } from '../processes.js'
import type { Receiver } from '../receivers.js'
import { requireProgram, startOrthanc, startStorescp } from '../receivers.js'

const FILMS = 15
const ROUNDS = 3

/** The same sender (storescu, one association) sends the same number of 10 MB films to each receiver in turn, several rounds. */
export async function benchThroughput(scratch: string): Promise<Figure[]> {
  requireProgram('storescu')
  const folder = await mkdtemp(join(scratch, 'throughput-'))
  const appliance = await startAppliance(join(folder, 'data'))
  const own: Receiver = { name: 'Screenpost', aeTitle: appliance.aeTitle, port: appliance.dicomPort, stop: appliance.stop }
  const receivers = [own, await startStorescp(join(folder, 'storescp')), await startOrthanc(join(folder, 'orthanc'))].filter((each) => each !== undefined)
  const memory = watchMemory(appliance.child.pid ?? 0)
  try {
    const seconds = new Map<string, number[]>()
    const verdictSeconds: number[] = []
    const known = new Set<string>()
    for (let round = 0; round < ROUNDS; round++)
      for (const receiver of receivers) {
        const films = await writeFilms(folder, FILMS)
        const begun = performance.now()
        await run('storescu', ['-aec', receiver.aeTitle, '127.0.0.1', String(receiver.port), ...films])
        seconds.set(receiver.name, [...(seconds.get(receiver.name) ?? []), secondsSince(begun)])
        if (receiver === own) {
          await awaitVerdicts(appliance.data, FILMS, known)
          verdictSeconds.push(secondsSince(begun))
        }
        await Promise.all(films.map((film) => rm(film)))
      }
    const { peakMb, ownPeakMb } = memory.stop()
    return [
      ...figuresOf(seconds), perMinute('Screenpost: verdicts a minute, sustained', verdictSeconds),
      { part: 'throughput', name: 'peak memory, service and reader', value: peakMb, unit: 'MB', note: 'resident, shared pages counted in each' },
      { part: 'throughput', name: 'peak memory, service alone', value: ownPeakMb, unit: 'MB' }
    ]
  } finally {
    memory.stop()
    await Promise.all(receivers.map((receiver) => receiver.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000

function figuresOf(seconds: ReadonlyMap<string, readonly number[]>): Figure[] {
  const own = quantile(seconds.get('Screenpost') ?? [], 0.5)
  return [...seconds].flatMap(([name, values]) => [
    perMinute(`${name}: 10 MB films acknowledged a minute`, values),
    ...(name === 'Screenpost' ? [] : [{ part: 'throughput', name: `Screenpost beside ${name}`, value: quantile(values, 0.5) / own, unit: 'x', note: 'above 1: Screenpost is faster' }])
  ])
}

const perMinute = (name: string, seconds: readonly number[]): Figure =>
  ({ part: 'throughput', name, value: (60 * FILMS) / quantile(seconds, 0.5), unit: '/min', note: `median of ${seconds.length} rounds of ${FILMS}` })
