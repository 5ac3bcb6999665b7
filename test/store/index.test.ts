import { appendFile, cp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StudyId } from '../../src/domain/ids.js'
import type { StudyState } from '../../src/domain/study.js'
import type { Log } from '../../src/platform/log.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import { summarise } from '../../src/store/summary.js'
import { badSector } from '../fakes/bad-sector.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { newStudy, openStore, temporaryRoot } from './studies.js'

/** What a restart must show: every folder's own summary. */
async function summariesOfFolders(store: StudyStore): Promise<Map<StudyId, unknown>> {
  const { studies } = store.list({ limit: 1000 })
  return new Map(await Promise.all(studies.map(async ({ id }) => [id, JSON.parse(JSON.stringify(summarise(await store.read(id))))] as const)))
}
const listed = (store: StudyStore): Map<StudyId, unknown> =>
  new Map(store.list({ limit: 1000 }).studies.map((summary) => [summary.id, JSON.parse(JSON.stringify(summary)) as unknown]))

describe('the index', () => {
  let root: string
  let copies: string[]
  beforeEach(async () => {
    root = await temporaryRoot()
    copies = []
  })
  afterEach(() => Promise.all([root, ...copies].map((each) => rm(each, { recursive: true, force: true }))))

  /** The data folder as a power cut now would leave it, at best. */
  const cutPower = async (): Promise<string> => {
    const copy = `${root}-cut-${copies.length}`
    copies.push(copy)
    await cp(root, copy, { recursive: true })
    return copy
  }
  const newestJournal = async (data: string): Promise<string> => {
    const names = (await readdir(join(data, 'index'))).filter((name) => name.startsWith('journal-'))
    return join(data, 'index', names.sort((a, b) => Number(/\d+/.exec(b)) - Number(/\d+/.exec(a)))[0]!)
  }
  const fill = async (store: StudyStore, count: number): Promise<StudyId[]> => {
    const ids: StudyId[] = []
    for (let number = 0; number < count; number += 1) ids.push((await store.create(await newStudy(root))).id)
    return ids
  }
  const events = async (data: string): Promise<string[]> => {
    const seen: string[] = []
    const log: Log = { ...silentLog, info: (event) => seen.push(event), warn: (event) => seen.push(event) }
    await using store = await StudyStore.open({ root: data, clock: fixedClock(), log, reserveBytes: 0 })
    expect(listed(store)).toEqual(await summariesOfFolders(store))
    return seen
  }

  it('agrees with the folders after any work, cut anywhere in its unsynced tail', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.record({ study: fc.nat(5), state: fc.constantFrom<StudyState>('ready', 'failed', 'analysing'), create: fc.boolean() }), { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, part) => {
        const store = await openStore(root)
        const ids = await fill(store, 1)
        for (const { study, state, create } of steps) {
          if (create) ids.push(...(await fill(store, 1)))
          await store.change(ids[study % ids.length]!, { by: 'system', event: 'x' }, (before) => ({ ...before, state }))
        }
        const cut = await cutPower()
        const journal = await newestJournal(cut)
        const text = await readFile(journal, 'utf8')
        const lastTouch = text.lastIndexOf('{"touch"')
        const durable = text.indexOf('\n', lastTouch) + 1
        await truncate(journal, Math.floor(durable + part * (text.length - durable)))
        await using restarted = await openStore(cut)
        expect(listed(restarted)).toEqual(await summariesOfFolders(restarted))
        expect(restarted.counts().total).toBe(store.counts().total)
        await store[Symbol.asyncDispose]()
      }), { numRuns: 15 })
  })

  it('is read from its files alone after a clean stop', async () => {
    const store = await openStore(root)
    await fill(store, 5)
    await store[Symbol.asyncDispose]()
    expect(await events(root)).toEqual([])
  })

  it.each([
    ['the folder is deleted', async (data: string) => rm(join(data, 'index'), { recursive: true })],
    ['the snapshot is damaged', async (data: string) => appendFile(join(data, 'index/snapshot.jsonl'), 'x')],
    ['the snapshot is of a release whose lines told less', async (data: string) => {
      const path = join(data, 'index/snapshot.jsonl')
      const whole = (await readFile(path, 'utf8')).replace(/,"lines":\d+/, '').replace(/[^\n]*\n$/, '')
      await writeFile(path, `${whole}${crc32(whole).toString(16).padStart(8, '0')}\n`)
    }],
    ['a journal is missing', async (data: string) => rm(await newestJournal(data))],
    ['a line in the middle of the journal is damaged', async (data: string) => {
      const journal = await newestJournal(data)
      await writeFile(journal, (await readFile(journal, 'utf8')).replace('"put"', '"pot"'))
    }],
    ['a tail of the journal is damaged in more than the line that a power cut leaves', async (data: string) => {
      const journal = await newestJournal(data)
      await writeFile(journal, (await readFile(journal, 'utf8')).replace(/[^\n]+\n[^\n]+\n$/, (tail) => tail.replaceAll('"', "'")))
    }]
  ])('is rebuilt from the folders when %s', async (_name, damage) => {
    const store = await openStore(root)
    await fill(store, 3)
    await store[Symbol.asyncDispose]()
    await damage(root)
    expect(await events(root)).toContain('index-rebuild')
    expect(await events(root)).toEqual([])
  })

  it.each(['snapshot.jsonl', 'journal-2.jsonl'])('is rebuilt from the folders when the disk can not read its %s', async (name) => {
    const store = await openStore(root)
    await fill(store, 3)
    await store[Symbol.asyncDispose]()
    {
      using _sector = badSector((path) => path.endsWith(`/index/${name}`))
      expect(await events(root)).toContain('index-rebuild')
    }
    expect(await events(root)).toEqual([])
  })

  it('lists folders that a person copied in, and no longer those that were taken out', async () => {
    const store = await openStore(root)
    const [first, second] = await fill(store, 2) as [StudyId, StudyId]
    await store[Symbol.asyncDispose]()
    const folderOf = (id: StudyId) => join(root, 'studies', id.slice(0, 4), id.slice(4, 6), id)
    await cp(folderOf(first), join(root, 'aside'), { recursive: true })
    await rm(folderOf(first), { recursive: true })
    {
      await using without = await openStore(root)
      expect([...without.damaged.keys()]).toEqual([first])
    }
    await cp(join(root, 'aside'), folderOf(first), { recursive: true })
    await using back = await openStore(root)
    expect([...listed(back).keys()].sort()).toEqual([first, second].sort())
  })

  it('starts with one study less when a document is damaged beyond repair, and names it', async () => {
    const store = await openStore(root)
    const [first, second] = await fill(store, 2) as [StudyId, StudyId]
    await store[Symbol.asyncDispose]()
    await writeFile(join(store.derivedFolder(first), '..', 'study.json'), 'garbage')
    await rm(join(root, 'index'), { recursive: true })
    await using again = await openStore(root)
    expect([...listed(again).keys()]).toEqual([second])
    expect([...again.damaged.keys()]).toEqual([first])
  })

  it('removes at a start what a power cut left of an unfinished write', async () => {
    const store = await openStore(root)
    const [first] = await fill(store, 1) as [StudyId]
    await store.change(first, { by: 'x', event: 'x' }, (study) => study)
    const folder = join(store.derivedFolder(first), '..')
    await writeFile(join(folder, 'study.json.0123456789ab.tmp'), 'half')
    await using again = await openStore(root)
    expect(again.summary(first)).toMatchObject({ revision: 2 })
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

})
