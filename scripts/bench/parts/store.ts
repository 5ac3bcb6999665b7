import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { StudyStore } from '../../../src/store/study-store.js'
import { growArchive } from '../archive.js'
import type { Figure } from '../figures.js'
import { spread } from '../figures.js'

const SIZES = [100, 10_000, 100_000] as const
const CHANGES = 100

/** Commit of one change and opening of the store, with a growing archive. `sizes` for a shorter run. */
export async function benchStore(scratch: string, sizes: readonly number[] = SIZES): Promise<Figure[]> {
  const root = await mkdtemp(join(scratch, 'store-'))
  const figures: Figure[] = []
  const ids: string[] = []
  try {
    for (const size of sizes) {
      ids.push(...await growArchive(root, ids.length, size))
      figures.push(...await benchArchive(root, ids))
    }
    return figures
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function benchArchive(root: string, ids: readonly string[]): Promise<Figure[]> {
  const part = 'store'
  const named = `${ids.length} studies`
  const one = (name: string, value: number): Figure => ({ part, name: `${named}: ${name}`, value, unit: 'ms' })
  const rebuilt = await timed(() => open(root))
  await rebuilt.value[Symbol.asyncDispose]()
  const opened = await timed(() => open(root))
  const store = opened.value
  const changes: number[] = []
  for (let i = 0; i < CHANGES; i++) {
    const id = ids[Math.floor((i * ids.length) / CHANGES)] ?? ''
    changes.push((await timed(() => store.change(id, { by: 'bench', event: 'benched' }, (study) => study))).ms)
  }
  const listed = await timed(() => Promise.resolve(store.list({ order: 'urgency', limit: 50 })))
  await store[Symbol.asyncDispose]()
  return [
    ...spread(part, `${named}: commit one change`, changes), one('first page by urgency', listed.ms),
    one('open the store', opened.ms), one('open it without its index (rebuilt)', rebuilt.ms)
  ]
}

const open = (root: string): Promise<StudyStore> => StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const begun = performance.now()
  const value = await work()
  return { value, ms: performance.now() - begun }
}
