import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Appliance } from '../appliance.js'
import { awaitVerdicts, startAppliance, whileRunning } from '../appliance.js'
import type { Figure } from '../figures.js'
import { quantile } from '../figures.js'
import { writeFilms } from '../films.js'
import { run, watchMemory } from '../processes.js'
import type { Receiver } from '../receivers.js'
import { requireProgram, startOrthanc, startStorescp } from '../receivers.js'

const FILMS = 15
const ROUNDS = 3
const OWN_NAME = 'Screenpost'

/** The same sender (storescu, one association) sends the same number of 10 MB films to each receiver in turn, several rounds. */
export async function benchThroughput(scratch: string): Promise<Figure[]> {
  requireProgram('storescu')
  const folder = await mkdtemp(join(scratch, 'throughput-'))
  const appliance = await startAppliance(join(folder, 'data'))
  const own: Receiver = { name: OWN_NAME, aeTitle: appliance.aeTitle, port: appliance.dicomPort, stop: appliance.stop }
  const receivers = [own, await startStorescp(join(folder, 'storescp')), await startOrthanc(join(folder, 'orthanc'))].filter((each) => each !== undefined)
  try {
    return await whileRunning(appliance, () => takeTurns(appliance, receivers, folder))
  } finally {
    await Promise.all(receivers.filter((receiver) => receiver !== own).map((receiver) => receiver.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

async function takeTurns(appliance: Appliance, receivers: readonly Receiver[], folder: string): Promise<Figure[]> {
  const seconds = new Map<string, number[]>()
  const verdictSeconds: number[] = []
  const known = new Set<string>()
  const memory = watchMemory(appliance.child.pid ?? 0)
  try {
    for (let turn = 0; turn < ROUNDS * receivers.length; turn++) {
      const receiver = receivers[turn % receivers.length]
      if (!receiver) break
      const films = await writeFilms(folder, FILMS)
      const begun = performance.now()
      await run('storescu', ['-aec', receiver.aeTitle, '127.0.0.1', String(receiver.port), ...films])
      seconds.set(receiver.name, [...(seconds.get(receiver.name) ?? []), secondsSince(begun)])
      if (receiver.name === OWN_NAME) {
        await awaitVerdicts(appliance.data, FILMS, known)
        verdictSeconds.push(secondsSince(begun))
      }
      await Promise.all(films.map((film) => rm(film)))
    }
  } finally {
    memory.stop()
  }
  return [
    ...figuresOf(seconds), perMinute(`${OWN_NAME}: verdicts a minute, sustained`, verdictSeconds),
    { part: 'throughput', name: 'peak memory, service and reader', value: memory.stop().peakMb, unit: 'MB', note: 'resident, shared pages counted in each' },
    { part: 'throughput', name: 'peak memory, service alone', value: memory.stop().ownPeakMb, unit: 'MB' }
  ]
}

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000

function figuresOf(seconds: ReadonlyMap<string, readonly number[]>): Figure[] {
  const own = quantile(seconds.get(OWN_NAME) ?? [], 0.5)
  return [...seconds].flatMap(([name, values]) => [
    perMinute(`${name}: 10 MB films acknowledged a minute`, values),
    ...(name === OWN_NAME ? [] : [{ part: 'throughput', name: `${OWN_NAME} beside ${name}`, value: quantile(values, 0.5) / own, unit: 'x', note: 'above 1: Screenpost is faster' }])
  ])
}

const perMinute = (name: string, seconds: readonly number[]): Figure =>
  ({ part: 'throughput', name, value: (60 * FILMS) / quantile(seconds, 0.5), unit: '/min', note: `median of ${seconds.length} rounds of ${FILMS}` })
