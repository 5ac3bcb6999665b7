import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { err, ok } from '../../src/domain/result.js'
import { problem } from '../../src/domain/problem.js'
import type { Study } from '../../src/domain/study.js'
import type { RepairParts } from '../../src/operations/repair.js'
import { repair } from '../../src/operations/repair.js'
import { startScrub } from '../../src/operations/scrub.js'
import type { Scrub, ScrubOptions, ScrubStatus } from '../../src/operations/scrub.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { renderDocument } from '../../src/store/durable-document.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { badSector } from '../fakes/bad-sector.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'
import { archivedStudy } from './studies.js'

const flip = async (path: string): Promise<void> => {
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  await writeFile(path, bytes)
}

describe('the slow check of everything', () => {
  let root: string
  let store: StudyStore
  /** What the archive gives back. */
  let archive: string | undefined
  let redrawn: string[]
  beforeEach(async () => {
    root = await temporaryRoot()
    store = await openStore(root)
    archive = undefined
    redrawn = []
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })

  const parts = (): RepairParts => ({
    store, log: silentLog, now: () => '2026-03-02T00:00:00.000Z', identify: () => Promise.resolve({ fingerprint: 'f' }), discard: () => Promise.resolve(),
    fetchBack: ({ object }) => Promise.resolve(archive === undefined ? err(problem('not-archived', '')) : ok({ path: archive, sha256: object.sha256, bytes: object.bytes, content: object.content, from: 'pacs' })),
    redraw: ({ id }) => { redrawn.push(id); return Promise.resolve(ok(undefined)) }
  })
  const start = (more: Partial<ScrubOptions> = {}): Promise<Scrub> => startScrub({
    store, folder: join(root, 'operations'), clock: systemClock, log: silentLog, bytesPerSecond: 1e9, everyDays: 1, pace: { idleMs: 10, saveEveryMs: 0 },
    repair: (id, examined) => repair(parts(), id, examined), ...more
  })
  const until = async (scrub: Scrub, good: (status: ScrubStatus) => boolean): Promise<ScrubStatus> => {
    for (let turn = 0; turn < 1000 && !good(scrub.status()); turn++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    expect(scrub.status()).toSatisfy(good)
    return scrub.status()
  }
  const documentOf = (study: Study): string => join(dirname(store.objectPath(study)), 'study.json')

  it('reads every object and document, and finds nothing where nothing is wrong', async () => {
    for (let n = 0; n < 5; n++) await archivedStudy(store, root)
    await using scrub = await start()
    const { last } = await until(scrub, (status) => status.last !== undefined)
    expect(last).toMatchObject({ studies: 5, bytes: 5 * 64, found: 0, repaired: 0 })
  })

  it('fetches a damaged object back from the archive, bit for bit', async () => {
    const study = await archivedStudy(store, root)
    archive = join(root, 'archived')
    await copyFile(store.objectPath(study), archive)
    await flip(store.objectPath(study))
    await using scrub = await start()
    expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ found: 1, repaired: 1 })
    expect(await readFile(store.objectPath(study))).toEqual(await readFile(archive))
    expect((await store.read(study.id)).history.at(-1)).toMatchObject({ event: 'image-restored', detail: 'pacs' })
  })

  it('names a damaged object that no archive has, and is content again when it was sent anew', async () => {
    const study = await archivedStudy(store, root)
    const whole = await readFile(store.objectPath(study))
    await flip(store.objectPath(study))
    await using scrub = await start()
    expect((await until(scrub, (status) => status.open.length > 0)).open).toEqual([{ studyId: study.id, fault: 'object-damaged', repaired: false, detail: 'not-archived' }])
    await expect(store.verified(study)).rejects.toThrow('damaged')
    await writeFile(store.objectPath(study), whole)
    scrub.look(study.id)
    await until(scrub, (status) => status.open.length === 0)
  })

  it('looks at once at what somebody found damaged', async () => {
    const study = await archivedStudy(store, root)
    await using scrub = await start()
    await until(scrub, (status) => status.last !== undefined)
    await rm(store.objectPath(study))
    await expect(store.verified(study)).rejects.toThrow('damaged')
    expect((await until(scrub, (status) => status.open.length > 0)).open).toMatchObject([{ fault: 'object-missing' }])
  })

  it('writes a damaged document anew from the version before it', async () => {
    const study = await archivedStudy(store, root)
    await flip(documentOf(study))
    await using scrub = await start()
    expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ found: 1, repaired: 1 })
    expect((await store.readAsIs(study.id)).fromPrevious).toBe(false)
    expect(store.summary(study.id)).toMatchObject({ revision: 2, state: 'received' })
  })

  it('writes a damaged version before the one in force again, so that a review is not alone', async () => {
    const study = await archivedStudy(store, root)
    await flip(`${documentOf(study)}.previous`)
    await using scrub = await start()
    expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ found: 1, repaired: 1 })
    expect(await readFile(`${documentOf(study)}.previous`, 'utf8')).toBe(await readFile(documentOf(study), 'utf8'))
    await flip(documentOf(study))
    expect(await store.read(study.id)).toMatchObject({ revision: 2, triage: { level: 'routine' } })
  })

  it('rebuilds a document from the object when both versions are damaged, and keeps the damaged ones', async () => {
    const study = await archivedStudy(store, root)
    await flip(documentOf(study))
    await flip(`${documentOf(study)}.previous`)
    await using scrub = await start()
    await until(scrub, (status) => status.last?.repaired === 1)
    expect(await store.read(study.id)).toMatchObject({ state: 'received', sequence: study.sequence, receivedAt: study.receivedAt, object: { sha256: study.object.sha256 }, history: [{ event: 'rebuilt' }] })
    expect((await stat(`${documentOf(study)}.damaged`)).size).toBeGreaterThan(0)
    expect(store.pending()).toEqual([study.id])
  })

  it('rebuilds at once what somebody could not read, also while images wait to be read', async () => {
    const rotten = await archivedStudy(store, root)
    await archivedStudy(store, root)
    const waiting = await store.create(await newStudy(root))
    await using scrub = await start()
    await until(scrub, (status) => status.current !== undefined)
    for (const version of [documentOf(rotten), `${documentOf(rotten)}.previous`]) await writeFile(version, 'garbage')
    await expect(store.read(rotten.id)).rejects.toThrow('damaged')
    for (let turn = 0; turn < 500 && store.summary(rotten.id)?.state !== 'received'; turn++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    expect((await store.read(rotten.id)).history).toMatchObject([{ event: 'rebuilt' }])
    expect(store.pending()).toContain(waiting.id)
  })

  it('names a study whose document is gone with its image, also while it is listed as waiting, and waits for it no longer', async () => {
    const waiting = await store.create(await newStudy(root))
    await using scrub = await start()
    await rm(dirname(store.objectPath(waiting)), { recursive: true })
    await expect(store.read(waiting.id)).rejects.toThrow('No such study')
    expect((await until(scrub, (status) => status.open.length > 0)).open).toMatchObject([{ studyId: waiting.id, fault: 'document-unreadable' }])
    await until(scrub, (status) => status.last !== undefined)
  })

  it('gives way to images that wait to be read, and not for ever', async () => {
    await archivedStudy(store, root)
    await store.create(await newStudy(root))
    await using patient = await start()
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    expect(patient.status()).toMatchObject({ current: { studies: 0 } })
    await using scrub = await start({ folder: join(root, 'other'), pace: { idleMs: 10, saveEveryMs: 0, patienceMs: 300 } })
    expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ studies: 2, found: 0 })
  })

  it('puts the lists right where they differ from a document', async () => {
    const study = await archivedStudy(store, root)
    await writeFile(documentOf(study), renderDocument({ ...study, state: 'needs-input' }))
    await using scrub = await start()
    await until(scrub, (status) => status.last !== undefined)
    expect(store.summary(study.id)).toMatchObject({ state: 'needs-input' })
  })

  it('rebuilds at the next start what was damaged while nobody looked', async () => {
    const study = await archivedStudy(store, root)
    await store[Symbol.asyncDispose]()
    await writeFile(documentOf(study), '')
    await writeFile(`${documentOf(study)}.previous`, '')
    await rm(join(root, 'index'), { recursive: true })
    store = await openStore(root)
    expect(store.counts().total).toBe(0)
    await using _scrub = await start()
    for (let turn = 0; turn < 500 && store.counts().total === 0; turn++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    expect(store.summary(study.id)).toMatchObject({ state: 'received', timeUncertain: true })
    expect(store.damaged.size).toBe(0)
  })

  it('sets a damaged study aside whose image came again meanwhile and is kept as another', async () => {
    const study = await archivedStudy(store, root)
    const bytes = await readFile(store.objectPath(study))
    await store[Symbol.asyncDispose]()
    await writeFile(documentOf(study), '')
    await rm(`${documentOf(study)}.previous`)
    await rm(join(root, 'index'), { recursive: true })
    store = await openStore(root)
    const again = await store.create(await newStudy(root, { bytes }))
    const { fingerprint } = study.object
    await using scrub = await start({ repair: (id, examined) => repair({ ...parts(), identify: () => Promise.resolve({ fingerprint }) }, id, examined) })
    await until(scrub, (status) => status.current !== undefined)
    for (let turn = 0; turn < 500 && store.damaged.size > 0; turn++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    expect(store.summaries().map(({ id }) => id)).toEqual([again.id])
    expect(scrub.status().open).toEqual([])
    expect(await readdir(join(root, 'studies', '.set-aside'))).toEqual([study.id])
  })

  it('goes past a study that it can not look at, and names it', async () => {
    const [first, second] = [await archivedStudy(store, root), await archivedStudy(store, root)]
    await rm(documentOf(first))
    await mkdir(documentOf(first))
    await using scrub = await start()
    const { last, open } = await until(scrub, (status) => status.last !== undefined)
    expect(last).toMatchObject({ studies: 2, found: 1, repaired: 0 })
    expect(open).toMatchObject([{ studyId: first.id, fault: 'document-unreadable', repaired: false }])
    expect((await store.read(second.id)).revision).toBe(2)
  })

  it('writes a document again that the disk can not read any more, from the version before it', async () => {
    const study = await archivedStudy(store, root)
    {
      using _sector = badSector((path) => path === documentOf(study))
      await using scrub = await start()
      expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ found: 1, repaired: 1 })
    }
    expect(await store.readAsIs(study.id)).toMatchObject({ fromPrevious: false })
  })

  it('has missing pictures made again', async () => {
    const study = await archivedStudy(store, root)
    await store.change(study.id, { by: 'system', event: 'x' }, (now) => ({ ...now, reading: { quality: { gradable: true }, findings: [], derived: [{ role: 'preview', name: 'tablet-0.jpg' }] } as unknown as NonNullable<Study['reading']> }))
    await using scrub = await start()
    await until(scrub, (status) => status.last !== undefined)
    expect(redrawn).toEqual([study.id])
  })

  it('has a picture made again whose bytes are not those drawn', async () => {
    const study = await archivedStudy(store, root)
    const picture = join(store.derivedFolder(study.id), 'tablet-0.jpg')
    await mkdir(dirname(picture))
    await writeFile(picture, 'a picture of an eye')
    await store.change(study.id, { by: 'system', event: 'x' }, (now) => ({ ...now, reading: { quality: { gradable: true }, findings: [], derived: [{ role: 'preview', name: 'tablet-0.jpg', sha256: createHash('sha256').update('a picture of an eye').digest('hex') }] } as unknown as NonNullable<Study['reading']> }))
    await using scrub = await start()
    expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ found: 0 })
    await flip(picture)
    await scrub.start()
    await until(scrub, (status) => status.last?.found === 1)
    expect(redrawn).toEqual([study.id])
  })

  it('goes on after a restart where it was, and waits while it is paused', async () => {
    for (let n = 0; n < 6; n++) await archivedStudy(store, root)
    const seen: string[] = []
    const count = (id: string): void => { seen.push(id) }
    const watched = new Proxy(store, { get: (target, name) => {
      if (name === 'readAsIs') return (id: string) => { count(id); return target.readAsIs(id) }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    } })
    const first = await start({ store: watched, bytesPerSecond: 16_384 / 0.05 })
    await until(first, (status) => (status.current?.studies ?? 0) >= 2)
    await first.pause()
    await first[Symbol.asyncDispose]()
    const done = seen.length
    expect(done).toBeLessThan(6)
    await using second = await start({ store: watched })
    expect(second.status()).toMatchObject({ paused: true })
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    expect(seen.length).toBe(done)
    await second.resume()
    expect((await until(second, (status) => status.last !== undefined)).last).toMatchObject({ studies: 6 })
    expect(seen.length).toBeLessThanOrEqual(7)
  })

  it('begins anew where its own notes are damaged', async () => {
    await archivedStudy(store, root)
    await mkdir(join(root, 'operations'))
    for (const name of ['scrub.json', 'scrub.json.previous']) await writeFile(join(root, 'operations', name), 'garbage')
    await using scrub = await start()
    expect((await until(scrub, (status) => status.last !== undefined)).last).toMatchObject({ studies: 1 })
  })

  it('reads no faster than it may', async () => {
    for (let n = 0; n < 4; n++) await archivedStudy(store, root, { bytes: new Uint8Array(50_000).fill(n) })
    const startedMs = performance.now()
    await using scrub = await start({ bytesPerSecond: 1e6 })
    await until(scrub, (status) => status.last !== undefined)
    expect(performance.now() - startedMs).toBeGreaterThan(180)
  })
})
