import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRedraw } from '../../src/compose/redraw.js'
import { ok } from '../../src/domain/result.js'
import type { DerivedFile, Reading } from '../../src/domain/reading.js'
import type { Study } from '../../src/domain/study.js'
import { missingPictures } from '../../src/operations/examine-study.js'
import type { Reader, ReadRequest } from '../../src/pipeline/reader/reader.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'

const sum = (text: string): string => createHash('sha256').update(text).digest('hex')
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

/** A reader that draws `text` into each picture that the study lists. */
const drawing = (study: Study, text: string): Reader => ({
  read: async ({ derivedFolder }: { derivedFolder: string }) => {
    const derived: DerivedFile[] = study.reading!.derived.map((file) => ({ ...file, sha256: sum(text) }))
    for (const { name } of derived) await writeFile(join(derivedFolder, name), text)
    return ok({ ...study.reading!, derived } as Reading)
  }
}) as unknown as Reader

it.each(['as before', 'as another release compresses it'])('replaces a damaged picture by one that was drawn %s, and the document says what it is', async (text) => {
  const { id } = await store.create(await newStudy(root))
  const files: DerivedFile[] = ['tablet-0.jpg', 'tablet-1.jpg'].map((name) => ({ role: 'preview', name, sha256: sum('as before') }))
  const study = await store.change(id, { by: 'system', event: 'read' }, (now) => ({ ...now, reading: { quality: { gradable: true, reasons: [] }, findings: [], derived: files } as unknown as Reading }))
  await mkdir(store.derivedFolder(id))
  await writeFile(join(store.derivedFolder(id), 'tablet-0.jpg'), 'as before')
  await writeFile(join(store.derivedFolder(id), 'tablet-1.jpg'), 'at before')
  expect(await missingPictures(store, study)).toEqual(['tablet-1.jpg'])
  const redraw = createRedraw({ store, reader: drawing(study, text), fullFrame: () => Promise.resolve(ok(undefined)) })
  expect(await redraw(study)).toMatchObject({ ok: true })
  const now = await store.read(id)
  expect(await missingPictures(store, now)).toEqual([])
  expect(now.reading!.derived.map(({ sha256 }) => sha256)).toEqual([sum('as before'), sum(text)])
  expect(await readFile(join(store.derivedFolder(id), 'tablet-0.jpg'), 'utf8')).toBe('as before')
})

it.each([
  ['the film in its photograph, as it was read, and not the photograph', [{ code: 'read-from-photo', text: 'Read from a photo.' }], undefined, { filmPhoto: true }],
  ['the film of somebody of the age that a person said, whatever the file says', [], 40, { ageYears: 40 }]
] as const)('draws %s', async (_what, reasons, years, asked) => {
  const { id } = await store.create(await newStudy(root))
  const derived: DerivedFile[] = [{ role: 'preview', name: 'tablet-0.jpg', sha256: sum('the film') }]
  const reading = { quality: { gradable: true, reasons }, findings: [], derived, age: { onDate: '2026-03-01', ...(years === undefined ? {} : { years }) } } as unknown as Reading
  const study = await store.change(id, { by: 'system', event: 'read' }, (now) => ({ ...now, reading }))
  const requests: ReadRequest[] = []
  const drawer = drawing(study, 'the film')
  const reader = { read: (request: ReadRequest) => { requests.push(request); return drawer.read(request) } } as unknown as Reader
  expect(await createRedraw({ store, reader, fullFrame: () => Promise.resolve(ok(undefined)) })(study)).toMatchObject({ ok: true })
  expect(requests).toEqual([expect.objectContaining(asked)])
})
