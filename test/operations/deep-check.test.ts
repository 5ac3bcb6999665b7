import { appendFile, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { deepCheck } from '../../src/operations/deep-check.js'
import { renderDocument } from '../../src/store/durable-document.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'
import { archivedStudy, committed } from './studies.js'

describe('the deep check', () => {
  let root: string
  let store: StudyStore
  let study: Study
  beforeEach(async () => {
    root = await temporaryRoot()
    store = await openStore(root)
    study = await archivedStudy(store, root)
    await archivedStudy(store, root, { level: 'urgent' })
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]().catch(() => undefined)
    await rm(root, { recursive: true, force: true })
  })
  const folder = (): string => dirname(store.objectPath(study))
  const said = async (): Promise<string[]> => (await deepCheck(root)).problems.map(({ what }) => what)
  const change = (next: (now: Study) => Study) => store.change(study.id, { by: 'system', event: 'x' }, next)
  const long = new Date('2026-01-01')

  it('finds nothing where all agrees, beside a running store and after it has closed', async () => {
    expect(await deepCheck(root)).toEqual({ studies: 2, bytes: 128, documents: 2, problems: [] })
    await store[Symbol.asyncDispose]()
    expect((await deepCheck(root)).problems).toEqual([])
    store = await openStore(root)
  })

  it('stays quiet while a service writes', async () => {
    let writing = true
    const work = (async () => { while (writing) { await change((now) => now); await store.create(await newStudy(root)) } })()
    for (let turn = 0; turn < 5; turn++) expect(await said()).toEqual([])
    writing = false
    await work
  })

  it('takes lists that were deleted, or never copied, for what they are: made anew at a start', async () => {
    await store[Symbol.asyncDispose]()
    await rm(join(root, 'index'), { recursive: true })
    expect(await said()).toEqual([])
    store = await openStore(root)
  })

  const faults: [string, () => Promise<unknown>, string][] = [
    ['a flipped bit in an image', async () => writeFile(store.objectPath(study), (await readFile(store.objectPath(study))).map((byte, at) => (at === 5 ? byte ^ 1 : byte))), 'the image is damaged'],
    ['a lost image', () => rm(store.objectPath(study)), 'the image is missing'],
    ['a damaged document', () => appendFile(join(folder(), 'study.json'), 'x'), 'the document can not be read'],
    ['a damaged version before the document', () => appendFile(join(folder(), 'study.json.previous'), 'x'), 'the version before the document is damaged (the slow check writes it again)'],
    ['a file that belongs to nothing', async () => { await writeFile(join(folder(), 'stray'), 'x'); await utimes(join(folder(), 'stray'), long, long) }, '1 files belong to nothing'],
    ['missing pictures', () => change((now) => ({ ...now, reading: { quality: { gradable: true }, findings: [], derived: [{ role: 'preview', name: 'tablet-0.jpg' }] } as unknown as NonNullable<Study['reading']> })), '1 pictures for display are missing or damaged'],
    ['a delivery planned twice', () => change((now) => ({ ...now, deliveries: [committed, committed] })), 'one object is to be delivered twice to one destination'],
    ['an image given up that nobody promised to keep', async () => { await change((now) => ({ ...now, evicted: { at: '2026-01-01T00:00:00.000Z', archives: ['other'] } })); await rm(store.objectPath(study)) }, 'its image was given up, but other has not promised to keep it'],
    ['a person who is not registered', () => change((now) => ({ ...now, patientId: 'P-0123ABCD' })), 'is attached to a person who is not registered'],
    ['a document changed behind the lists', async () => { const now = await store.read(study.id); await store[Symbol.asyncDispose](); await writeFile(join(folder(), 'study.json'), renderDocument({ ...now, revision: 77 })) }, 'is not in the lists as its document says'],
    ['a folder taken away', async () => { await store[Symbol.asyncDispose](); await rm(folder(), { recursive: true }) }, 'is in the lists and has no folder'],
    ['damaged lists', async () => {
      await store[Symbol.asyncDispose]()
      await appendFile(join(root, 'index', 'snapshot.jsonl'), 'x')
    }, 'can not be used: snapshot.jsonl is damaged'],
    ['a copy of a study', async () => {
      const other = `${study.id.slice(0, 8)}-0000AAAA`
      await mkdir(join(dirname(folder()), other))
      await writeFile(join(dirname(folder()), other, 'study.json'), renderDocument({ ...(await store.read(study.id)), id: other }))
      await writeFile(join(dirname(folder()), other, study.object.name), await readFile(store.objectPath(study)))
    }, 'has the same fingerprint as'],
    ['a damaged document of another room', async () => { await mkdir(join(root, 'patients')); await writeFile(join(root, 'patients', 'P-0000AAAA.json'), '{"checksum":"sha256:0","data":{}}') }, 'is damaged']
  ]
  it.each(faults)('finds %s', async (_name, harm, expected) => {
    await harm()
    expect((await said()).join('\n')).toContain(expected)
  })
})
