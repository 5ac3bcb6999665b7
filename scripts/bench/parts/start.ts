import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { growArchive } from '../archive.js'
import { startAppliance } from '../appliance.js'
import type { Figure } from '../figures.js'
import { spread } from '../figures.js'

const STARTS = 5
/** Of the start-up goals. */
const LARGE_ARCHIVE = 100_000

/** Spawn of the process to its ready line: on an empty data folder, on the one it left, and on an archive of `size` studies. */
export async function benchStart(scratch: string, size = LARGE_ARCHIVE): Promise<Figure[]> {
  const empty = await mkdtemp(join(scratch, 'start-'))
  const archive = await mkdtemp(join(scratch, 'start-archive-'))
  const part = 'start'
  try {
    const [first = 0, ...later] = await startTimes(empty, STARTS)
    await growArchive(archive, 0, size)
    const [rebuilding = 0, ...indexed] = await startTimes(archive, STARTS)
    return [
      { part, name: 'first start, spawn to ready', value: first, unit: 'ms' }, ...spread(part, 'later starts, spawn to ready', later),
      { part, name: `${size} studies, index missing, spawn to ready`, value: rebuilding, unit: 'ms' },
      ...spread(part, `${size} studies, spawn to ready`, indexed)
    ]
  } finally {
    await Promise.all([empty, archive].map((folder) => rm(folder, { recursive: true, force: true })))
  }
}

async function startTimes(data: string, times: number): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < times; i++) {
    const appliance = await startAppliance(data)
    taken.push(appliance.readyMs)
    await appliance.stop()
  }
  return taken
}
