import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { ok } from '../../src/domain/result.js'
import type { Study } from '../../src/domain/study.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Documents } from '../../src/uplink/destination.js'
import type { Outstanding } from '../../src/uplink/next-delivery.js'
import { Workbench } from '../../src/uplink/workbench.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { delivery, pacs, saying } from './samples.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

/** A study with an image that is to leave, and a bench that counts what it makes. `whose` stands for the person's record, which changes without the study. */
async function bench() {
  const root = await temporaryRoot()
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose]())
  const made: string[] = []
  const person = { whose: 'anna' }
  const documents: Documents = {
    describe: () => saying('a', person.whose),
    make: (study, { sopInstanceUid, sopClassUid }) => {
      made.push(`${sopInstanceUid} of ${person.whose}, ${study.laterality ?? 'no side'}`)
      return Promise.resolve(ok({ sopInstanceUid, sopClassUid, transferSyntaxUid: '1.2', file: Buffer.from(made.at(-1)!) }))
    }
  }
  const image = { ...delivery, kind: 'image' as const }
  const { id } = await store.create(await newStudy(root))
  const change = (next: (study: Study) => Study): Promise<Study> => store.change(id, { by: 'system', event: 'test' }, next)
  await change((study) => ({ ...study, deliveries: [image] }))
  const workbench = new Workbench({ store, documents, destination: pacs, signal: new AbortController().signal })
  const item: Outstanding = { studyId: id, sequence: 1, level: 'routine', bytes: 1_000, delivery: image }
  workbench.prepare([item])
  await waitFor(() => made.length > 0 || undefined, { timeoutMs: 5_000, hint: () => 'nothing was made ahead' })
  const take = async (): Promise<string> => {
    const study = await store.read(id)
    const object = await workbench.take(study, study.deliveries![0]!)
    return object.ok ? Buffer.from(object.value.file).toString() : object.error.code
  }
  return { workbench, made, person, change, take, item }
}

describe('an image that was made ahead', () => {
  it('leaves as it is, though something else of its study was answered meanwhile', async () => {
    const { made, change, take } = await bench()
    await change((study) => ({ ...study, deliveries: [...study.deliveries!, { ...delivery, sopInstanceUid: '2.25.2', state: 'accepted' }] }))
    expect(await take()).toBe('2.25.1 of anna, no side')
    expect(made).toHaveLength(1)
  })

  it('is made anew when its person is another, as told by the record alone', async () => {
    const { person, take } = await bench()
    person.whose = 'bertha'
    expect(await take()).toBe('2.25.1 of bertha, no side')
  })

  it('is made anew when its study says something else', async () => {
    const { change, take } = await bench()
    await change((study) => ({ ...study, laterality: 'L' }))
    expect(await take()).toBe('2.25.1 of anna, L')
  })

  it('is handed out once, and forgotten when it is not among the next any more', async () => {
    const { made, take, workbench, item } = await bench()
    await take()
    await take()
    expect(made).toHaveLength(2)
    workbench.prepare([item])
    await waitFor(() => made.length === 3 || undefined, { timeoutMs: 5_000, hint: () => 'nothing was made ahead' })
    workbench.prepare([])
    await take()
    expect(made).toHaveLength(4)
  })
})
