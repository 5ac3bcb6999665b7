import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DamagedError } from '../../src/domain/errors.js'
import type { StudyId } from '../../src/domain/ids.js'
import type { Study } from '../../src/domain/study.js'
import { silentLog } from '../../src/platform/log.js'
import { systemClock } from '../../src/platform/clock.js'
import { examineStudy } from '../../src/operations/examine-study.js'
import { repair } from '../../src/operations/repair.js'
import { startScrub } from '../../src/operations/scrub.js'
import { renderDocument } from '../../src/store/durable-document.js'
import type { Format } from '../../src/store/migrations.js'
import { migrate, NewerFormatError } from '../../src/store/migrations.js'
import { StudyStore } from '../../src/store/study-store.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { newStudy, openStore, temporaryRoot } from './studies.js'

/** Releases to come: the second renames what the first called `attempts`, the third only adds. */
const second: Format = { current: 2, migrations: [{ from: 1, up: ({ attempts, ...rest }) => ({ ...rest, formatVersion: 2, attempts, tries: attempts }) }] }
const third: Format = { current: 3, migrations: [...second.migrations, { from: 2, up: (document) => ({ ...document, added: true }) }] }

describe('documents of other releases', () => {
  let root: string
  let ids: StudyId[]
  const openAs = (format: Format): Promise<StudyStore> => StudyStore.open({ root, clock: fixedClock(), log: silentLog, reserveBytes: 0, format })
  const folderOf = (store: StudyStore, id: StudyId): string => dirname(store.derivedFolder(id))
  const onDisk = async (store: StudyStore, id: StudyId, name = 'study.json') => (JSON.parse(await readFile(join(folderOf(store, id), name), 'utf8')) as { data: Record<string, unknown> }).data
  const touch = (store: StudyStore, id: StudyId): Promise<Study> => store.change(id, { by: 'x', event: 'x' }, (study) => study)
  beforeEach(async () => {
    root = await temporaryRoot()
    await using store = await openStore(root)
    ids = []
    for (let n = 0; n < 4; n++) ids.push((await store.create(await newStudy(root))).id)
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('are read as this release has them, and written so at their next change; the old file is kept', async () => {
    await using store = await openAs(third)
    expect(await store.read(ids[0]!)).toMatchObject({ formatVersion: 3, tries: 0, added: true })
    expect(await onDisk(store, ids[0]!)).toMatchObject({ formatVersion: 1 })
    await touch(store, ids[0]!)
    await touch(store, ids[0]!)
    expect(await onDisk(store, ids[0]!)).toMatchObject({ formatVersion: 3, revision: 3 })
    expect(await onDisk(store, ids[0]!, 'study.json.v1')).toMatchObject({ formatVersion: 1, revision: 1 })
  })

  it('are all brought up to date in the background; what was interrupted goes on', async () => {
    await (await openAs(second).then(async (store) => { await touch(store, ids[0]!); return store }))[Symbol.asyncDispose]()
    await using store = await openAs(second)
    await using scrub = await startScrub({ store, folder: join(root, 'operations'), clock: systemClock, log: silentLog, bytesPerSecond: 1e9, everyDays: 1, repair: () => Promise.resolve([]), pace: { idleMs: 10, saveEveryMs: 0 } })
    for (let turn = 0; turn < 500 && !scrub.status().last; turn++) { await store.change(ids[0]!, { by: 'x', event: 'read' }, (study) => ({ ...study, state: 'ready' })); for (const id of store.pending()) await store.change(id, { by: 'x', event: 'read' }, (study) => ({ ...study, state: 'failed' })); await new Promise((resolve) => { setTimeout(resolve, 5) }) }
    for (const id of ids) {
      expect(await onDisk(store, id)).toMatchObject({ formatVersion: 2, tries: 0 })
      expect(await readdir(folderOf(store, id))).toContain('study.json.v1')
    }
  })

  it('of one release newer are read, and what it added is kept', async () => {
    await (await openAs(second).then(async (store) => { await touch(store, ids[0]!); return store }))[Symbol.asyncDispose]()
    await using older = await openStore(root)
    expect(older.counts().total).toBe(4)
    await touch(older, ids[0]!)
    expect(await onDisk(older, ids[0]!)).toMatchObject({ formatVersion: 2, revision: 3, tries: 0 })
  })

  it('of two releases newer refuse the start in words, and are left as they are', async () => {
    let before: unknown
    await (await openAs(third).then(async (store) => { await touch(store, ids[0]!); before = await onDisk(store, ids[0]!); return store }))[Symbol.asyncDispose]()
    await expect(openStore(root)).rejects.toThrow(NewerFormatError)
    await rm(join(root, 'index'), { recursive: true })
    await expect(openStore(root)).rejects.toThrow(NewerFormatError)
    await using newer = await openAs(third)
    expect(await onDisk(newer, ids[0]!)).toEqual(before)
  })

  it('of two releases newer that the lists do not betray cost their own study only, in words, and are never made anew', async () => {
    await using store = await openStore(root)
    const path = join(folderOf(store, ids[0]!), 'study.json')
    await writeFile(path, renderDocument({ ...(await store.read(ids[0]!)), formatVersion: 3 }))
    const before = await readFile(path, 'utf8')
    await expect(store.read(ids[0]!)).rejects.toThrow(DamagedError)
    await expect(store.read(ids[0]!)).rejects.toThrow('written by a newer release')
    const parts = { store, log: silentLog, now: () => '2026-03-02T00:00:00.000Z', identify: () => Promise.resolve({ fingerprint: 'f' }), discard: () => Promise.resolve(), fetchBack: () => Promise.reject(new Error()), redraw: () => Promise.reject(new Error()) }
    expect(await repair(parts, ids[0]!, await examineStudy(store, ids[0]!, () => Promise.resolve()))).toMatchObject([{ fault: 'document-unreadable', repaired: false, detail: expect.stringContaining('Install that release again') as string }])
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  it('go step by step, and a missing step is no silent one', () => {
    expect(migrate({ formatVersion: 1, attempts: 2 }, third)).toEqual({ formatVersion: 3, attempts: 2, tries: 2, added: true })
    expect(() => migrate({ formatVersion: 1 }, { current: 2, migrations: [] })).toThrow('No step leads on')
  })
})
