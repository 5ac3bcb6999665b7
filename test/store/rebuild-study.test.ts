import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { identify } from '../../src/ingest/identify.js'
import { rebuildStudy } from '../../src/store/rebuild-study.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { makeDicom } from '../generators/dicom.js'
import { newStudy, openStore, temporaryRoot } from './studies.js'

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

it('a document that is made anew asks again of an image that came under the UID of an earlier one', async () => {
  const codes: string[][] = []
  for (const rows of [48, 50]) {
    const study = await newStudy(root, { bytes: makeDicom({ sopInstanceUid: '1.2.3.4', rows }) })
    const { id } = await store.create({ ...study, object: { ...study.object, content: 'dicom', sopInstanceUid: '1.2.3.4' } })
    await writeFile(join(dirname(store.derivedFolder(id)), 'study.json'), 'damaged')
    expect(await rebuildStudy({ store, identify, now: () => '2026-03-02T00:00:00.000Z' }, id)).toBe(true)
    codes.push((await store.read(id)).questions.map(({ code }) => code))
  }
  expect(codes).toEqual([[], ['same-uid-other-content']])
})
