import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writeObject } from '../../src/dicom/codec.js'
import type { StudyId } from '../../src/domain/ids.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Destination, Documents } from '../../src/uplink/destination.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { startFaultyPacs } from './faulty-pacs.js'
import { pacsAt, saying } from './samples.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

/** Who each patient is called; a start asks for it by the index alone. */
const documentsOf = (names: Map<string, string>): Documents => ({
  describe: ({ state, sequence, patientId = '' }) => (state !== 'ready' ? undefined : {
    ...saying(`a ${names.get(patientId)}`, `identity-of-${names.get(patientId)}`), objects: (revision) => [{ kind: 'sr', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}${revision}` }]
  }),
  identityHashOf: ({ patientId = '' }) => `identity-of-${names.get(patientId)}`,
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({ sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1', file: writeObject({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM' }) }))
})

async function clinic() {
  const root = await temporaryRoot()
  const faulty = await startFaultyPacs(() => 0)
  const names = new Map([['P-A', 'Anna'], ['P-B', 'Berta'], ['P-C', 'Carla']])
  closers.push(() => rm(root, { recursive: true, force: true }), () => faulty.close())
  /** Starts, waits until all is planned and over, and tells which studies were read for it and what the page counts. */
  const run = async (prepare: (store: StudyStore) => Promise<unknown> = () => Promise.resolve(), more: Partial<Destination> = {}) => {
    await using store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
    await prepare(store)
    const read: StudyId[] = []
    store.read = (id) => { read.push(id); return StudyStore.prototype.read.call(store, id) }
    await using uplink = startUplink({ destinations: [pacsAt(faulty.port, { commitment: false, ...more })], stateFolder: join(root, 'uplink'), store, documents: documentsOf(names), clock: systemClock, log: silentLog })
    await waitFor(() => (uplink.isPlanned() && uplink.status()[0]?.outstanding === 0 && uplink.status()[0]!.accepted > 0) || undefined, { timeoutMs: 20_000, hint: () => JSON.stringify(uplink.status()) })
    await new Promise((next) => setTimeout(next, 100))
    return { read: new Set(read), status: uplink.status()[0]!, ids: store.summaries().map(({ id }) => id) }
  }
  const take = (store: StudyStore, patientId: string) => newStudy(root, { patientId }).then((one) => store.create(one)).then(({ id }) => store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' })))
  return { run, take, names, received: faulty.pacs.received }
}

describe('a start with studies that are over', { timeout: 60_000 }, () => {
  it('reads none of them, and counts them all the same', async () => {
    const { run, take } = await clinic()
    const first = await run(async (store) => { for (const id of ['P-A', 'P-B', 'P-C']) await take(store, id) })
    expect([first.read.size, first.status.accepted]).toEqual([3, 3])
    const again = await run()
    expect([again.read.size, again.status]).toEqual([0, { ...first.status, lastSuccessAt: again.status.lastSuccessAt }])
    expect(again.status.lastSuccessAt).toBeDefined()
  })

  it('reads what is new, what a person changed, and whoever is called otherwise', async () => {
    const { run, take, names, received } = await clinic()
    const { ids } = await run(async (store) => { for (const id of ['P-A', 'P-B', 'P-C']) await take(store, id) })
    names.set('P-B', 'Beata')
    const again = await run(async (store) => {
      await take(store, 'P-A')
      await store.change(ids[2]!, { by: 'amina', event: 'note' }, (study) => study)
    }, {})
    expect([ids.map((id) => again.read.has(id)), again.read.size]).toEqual([[false, true, true], 3])
    expect(received).toContain('2.25.41')
  })

  it('reads one whose time was put right after its report, when the power went before another was made', async () => {
    const { run, take } = await clinic()
    const { ids } = await run(async (store) => { for (const id of ['P-A', 'P-B']) await take(store, id) })
    const again = await run((store) => store.change(ids[1]!, { by: 'system', event: 'time-corrected', quiet: true }, (study) => ({ ...study, reportsBeforeTime: 1 })))
    expect(ids.map((id) => again.read.has(id))).toEqual([false, true])
  })

  it('reads all again when the site sends to somebody else', async () => {
    const { run, take } = await clinic()
    await run((store) => take(store, 'P-A'))
    expect((await run(undefined, { id: 'second' })).read.size).toBe(1)
  })
})
