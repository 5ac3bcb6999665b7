import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NotFoundError, RevisionConflictError, StoreFullError } from '../../src/domain/errors.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { newStudy, openStore, temporaryRoot } from './studies.js'

describe('the study store', () => {
  let root: string
  let store: StudyStore
  beforeEach(async () => {
    root = await temporaryRoot()
    store = await openStore(root)
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })
  const reopen = async (): Promise<void> => {
    await store[Symbol.asyncDispose]()
    store = await openStore(root)
  }

  it('keeps the bytes exactly and takes them out of the spool', async () => {
    const input = await newStudy(root, { bytes: new Uint8Array([1, 2, 3, 250]) })
    const study = await store.create(input)
    expect([...(await readFile(store.objectPath(study)))]).toEqual([1, 2, 3, 250])
    expect(await readdir(join(root, 'spool'))).toEqual([])
    expect(study).toMatchObject({ state: 'received', revision: 1, sequence: 1, object: { name: `${study.object.sha256}.png` } })
  })

  it('shows after a restart what stood before, without reading any folder', async () => {
    const study = await store.create(await newStudy(root))
    await store.change(study.id, { by: 'system', event: 'read' }, (before) => ({ ...before, state: 'failed' }))
    const before = store.list({})
    await reopen()
    expect(store.list({})).toEqual(before)
    expect(store.counts()).toMatchObject({ total: 1, byState: { failed: 1, received: 0 } })
  })

  it('refuses a change of a revision that is no longer in force, and says which one is', async () => {
    const study = await store.create(await newStudy(root))
    await store.change(study.id, { by: 'nurse', event: 'attached', expectedRevision: 1 }, (before) => before)
    const second = store.change(study.id, { by: 'nurse', event: 'attached', expectedRevision: 1 }, (before) => before)
    await expect(second).rejects.toThrow(RevisionConflictError)
    await expect(second).rejects.toMatchObject({ current: 2 })
  })

  it('runs changes of one study one after the other, each on the result of the one before', async () => {
    const { id } = await store.create(await newStudy(root))
    await Promise.all(Array.from({ length: 20 }, () =>
      store.change(id, { by: 'system', event: 'counted' }, (before) => ({ ...before, attempts: before.attempts + 1 }))))
    const study = await store.read(id)
    expect(study).toMatchObject({ attempts: 20, revision: 21 })
    expect(study.history.map((entry) => entry.event)).toEqual(['received', ...Array<string>(20).fill('counted')])
  })

  it('changes nothing when the change itself throws', async () => {
    const { id } = await store.create(await newStudy(root))
    await expect(store.change(id, { by: 'system', event: 'x' }, () => { throw new Error('no') })).rejects.toThrow('no')
    expect(await store.read(id)).toMatchObject({ revision: 1 })
    expect(store.summary(id)).toMatchObject({ revision: 1 })
  })

  it('tells listeners after the change, and survives one that throws', async () => {
    const heard: string[] = []
    store.subscribe(() => { throw new Error('a listener of a closed page') })
    const end = store.subscribe(({ id, summary }) => heard.push(`${id} ${summary.state}`))
    const { id } = await store.create(await newStudy(root))
    end()
    await store.change(id, { by: 'system', event: 'x' }, (before) => ({ ...before, state: 'ready' }))
    expect(heard).toEqual([`${id} received`])
  })

  it('takes nothing when less than the reserve would stay free', async () => {
    await store[Symbol.asyncDispose]()
    store = await openStore(root, Number.MAX_SAFE_INTEGER)
    const input = await newStudy(root)
    await expect(store.create(input)).rejects.toThrow(StoreFullError)
    await expect(store.quarantine({ ...input, problem: { code: 'not-an-image', message: 'x' } })).rejects.toThrow(StoreFullError)
    expect(store.counts().total).toBe(0)
    expect((await readFile(input.spoolPath)).length).toBe(64)
  })

  it('lists a study from its previous version when the newest is damaged', async () => {
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'x' }, (before) => ({ ...before, state: 'ready' }))
    await writeFile(join(store.derivedFolder(id), '..', 'study.json'), '{"checksum":"sha256:0", "da')
    const told: string[] = []
    store.onDamage((damaged) => told.push(damaged))
    expect(await store.read(id)).toMatchObject({ revision: 1, state: 'received' })
    expect(told).toEqual([id])
    expect(store.summary(id)).toMatchObject({ revision: 1, state: 'received' })
    expect(store.pending()).toEqual([id])
    await store.change(id, { by: 'system', event: 'again' }, (before) => ({ ...before, state: 'ready' }))
    expect(await store.read(id)).toMatchObject({ revision: 2, state: 'ready' })
  })

  it('refuses ids that could leave the data folder', async () => {
    await expect(store.read('../../etc/passwd')).rejects.toThrow(NotFoundError)
    await expect(store.read('20260301-00000000')).rejects.toThrow(NotFoundError)
    expect(() => store.quarantinePath('../studies')).toThrow(NotFoundError)
  })

  it('finds objects by fingerprint and SOP instance, also after a restart', async () => {
    const input = await newStudy(root)
    const first = await store.create({ ...input, object: { ...input.object, sopInstanceUid: '1.2.3' } })
    const other = await newStudy(root)
    const second = await store.create({ ...other, object: { ...other.object, sopInstanceUid: '1.2.3' } })
    await reopen()
    expect(store.findByFingerprint(first.object.fingerprint)).toBe(first.id)
    expect(store.findBySopInstanceUid('1.2.3').sort()).toEqual([first.id, second.id].sort())
    expect(store.pending()).toEqual([first.id, second.id])
  })

  it('keeps bytes in quarantine with the reason, the same bytes once', async () => {
    const bytes = new TextEncoder().encode('not an image')
    for (let time = 0; time < 2; time += 1) {
      const { spoolPath, source, receivedAt } = await newStudy(root, { bytes })
      await store.quarantine({ spoolPath, source, receivedAt, originalName: 'scan.dcm', problem: { code: 'not-an-image', message: 'Not an image.' } })
    }
    await reopen()
    const [entry, ...more] = await store.listQuarantine()
    expect(more).toEqual([])
    expect(entry).toMatchObject({ problem: { code: 'not-an-image' }, bytes: 12, originalName: 'scan.dcm' })
    expect(await readFile(store.quarantinePath(entry!.id), 'utf8')).toBe('not an image')
  })
})
