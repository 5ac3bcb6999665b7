import { cpSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writeObject } from '../../src/dicom/codec.js'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import type { Study } from '../../src/domain/study.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import { Departures } from '../../src/uplink/departures.js'
import type { Documents } from '../../src/uplink/destination.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { startFaultyPacs } from './faulty-pacs.js'
import { pacsAt, saying } from './samples.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
const documentsOf = (identity: string): Documents => ({
  describe: ({ state }) => (state === 'ready' ? saying('says', identity) : undefined),
  make: (_, { sopInstanceUid, identityHash }) => Promise.resolve(identityHash !== identity ? err(problem('changed-meanwhile', 'Planned under another name.')) : ok({
    sopClassUid: SECONDARY_CAPTURE, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1', file: writeObject({ SOPClassUID: SECONDARY_CAPTURE, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM' })
  }))
})

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

async function houseOn(root: string, identity: string, port: number, retryMs = 20) {
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  closers.push(async () => store[Symbol.asyncDispose]())
  const start = () => {
    const uplink = startUplink({ destinations: [pacsAt(port, { commitment: false })], stateFolder: join(root, 'uplink'), store, documents: documentsOf(identity), clock: systemClock, log: silentLog, retry: { baseMs: retryMs, maxMs: 5 * retryMs } })
    closers.push(async () => uplink[Symbol.asyncDispose]())
    return uplink
  }
  return { store, start }
}

const line = ({ deliveries = [] }: Study): string[] => deliveries.map(({ kind, identityHash, state }) => `${kind} ${identityHash} ${state}`).sort()

describe('what was on its way when the power went', { timeout: 30_000 }, () => {
  it('counts as there under the old name when the patient was changed before it is sent again', async () => {
    const [root, after] = [await temporaryRoot(), await temporaryRoot()]
    closers.push(() => rm(root, { recursive: true, force: true }), () => rm(after, { recursive: true, force: true }))
    let cut = false
    const faulty = await startFaultyPacs((uid) => {
      // The PACS has the image; the disk as it is now is what is left after the cut.
      if (uid === '2.25.7' && !cut) cpSync(root, after, { recursive: true, force: true })
      cut ||= uid === '2.25.7'
      return 0
    })
    closers.push(() => faulty.close())
    const before = await houseOn(root, 'anna', faulty.port)
    const { id } = await before.store.create(await newStudy(root))
    await before.store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    before.start()
    await waitFor(() => cut || undefined, { timeoutMs: 10_000, hint: () => 'the image never left' })

    const again = await houseOn(after, 'bea', faulty.port)
    expect((await again.store.read(id)).deliveries?.find(({ kind }) => kind === 'image')).toMatchObject({ state: 'pending', identityHash: 'anna' })
    again.start()
    await waitFor(async () => line(await again.store.read(id)).includes('image anna needs-correction') || undefined, { timeoutMs: 10_000, hint: () => 'the image under the old name was forgotten' })
    await new Promise((next) => setTimeout(next, 200))
    expect(faulty.pacs.received.filter((uid) => uid === '2.25.7')).toHaveLength(1)
  })

  it('is nothing where nothing left, and what was answered is not noted again', async () => {
    const root = await temporaryRoot()
    closers.push(() => rm(root, { recursive: true, force: true }))
    const faulty = await startFaultyPacs(() => 0xa700)
    closers.push(() => faulty.close())
    const { store, start } = await houseOn(root, 'anna', faulty.port, 60_000)
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    const uplink = start()
    await waitFor(async () => (await store.read(id)).deliveries?.every(({ status }) => status === 0xa700) || undefined, { timeoutMs: 10_000, hint: () => 'nothing left' })
    await uplink[Symbol.asyncDispose]()
    for (const name of (await readdir(join(root, 'uplink/pacs'))).filter((one) => one.endsWith('.json'))) expect(await new Departures(join(root, 'uplink/pacs', name)).recall()).toEqual([])
    expect((await store.read(id)).deliveries?.map(({ state }) => state)).toEqual(['pending', 'pending'])
  })

  it('names nothing where the note is damaged, and is noted anew', async () => {
    const root = await temporaryRoot()
    closers.push(() => rm(root, { recursive: true, force: true }))
    const path = join(root, 'on-the-way.json')
    const left = [{ studyId: '20260301-00000000', made: { sopInstanceUid: '2.25.1', identityHash: 'anna', report: 1 } }]
    await new Departures(path).leave(left)
    expect(await new Departures(path).recall()).toEqual(left)
    await writeFile(path, 'rotten')
    await writeFile(`${path}.previous`, 'rotten')
    const departures = new Departures(path)
    expect(await departures.recall()).toEqual([])
    await departures.leave(left)
    expect(await new Departures(path).recall()).toEqual(left)
  })
})
