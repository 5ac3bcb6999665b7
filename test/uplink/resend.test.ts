import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeObject } from '../../src/dicom/codec.js'
import type { StudyId } from '../../src/domain/ids.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Documents } from '../../src/uplink/destination.js'
import type { Uplink } from '../../src/uplink/uplink.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { startFaultyPacs } from './faulty-pacs.js'
import { pacsAt, saying } from './samples.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
/** `2.25.<sequence>2<reissue>` is the image of a study. */
const documents: Documents = {
  describe: ({ state, sequence, patientId = 'anna' }) => (state !== 'ready' ? undefined : { ...saying(`of ${patientId}`, patientId), objects: (_, reissue) => [{ kind: 'image', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}2${reissue}` }] }),
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({ sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1', file: writeObject({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM' }) }))
}

let root: string
let store: StudyStore
let uplink: Uplink
let faulty: Awaited<ReturnType<typeof startFaultyPacs>>
let ids: StudyId[]

beforeEach(async () => {
  root = await temporaryRoot()
  store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  faulty = await startFaultyPacs((uid) => (uid === '2.25.320' ? 0xc000 : 0))
  ids = []
  for (let i = 0; i < 3; i++) {
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    ids.push(id)
  }
  uplink = startUplink({ destinations: [pacsAt(faulty.port, { commitment: false })], stateFolder: join(root, 'uplink'), store, documents, clock: systemClock, log: silentLog, retry: { baseMs: 20, maxMs: 100 } })
})
afterEach(async () => {
  await uplink[Symbol.asyncDispose]()
  await faulty.close()
  await store[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const states = async (id: StudyId): Promise<string> => ((await store.read(id)).deliveries ?? []).map(({ state }) => state).join(' ')
const until = (...wanted: string[]) => waitFor(async () => ((await Promise.all(ids.map(states))).join(', ') === wanted.join(', ') ? true : undefined), { timeoutMs: 15_000, hint: () => JSON.stringify(uplink.status()) })

it('takes for corrected only the study that a person names, and tries the others’ refused objects alone', { timeout: 40_000 }, async () => {
  await until('accepted', 'accepted', 'needs-person')
  for (const id of ids.slice(0, 2)) await store.change(id, { by: 'nurse', event: 'patient.attached' }, (study) => ({ ...study, patientId: 'berta' }))
  await until('needs-correction needs-person', 'needs-correction needs-person', 'needs-person')
  await waitFor(() => uplink.toDo('pacs')?.correct.length === 2 || undefined, { timeoutMs: 5_000, hint: () => JSON.stringify(uplink.toDo('pacs')) })
  expect(uplink.toDo('pacs')).toEqual({ correct: ids.slice(0, 2), resend: 1 })
  faulty.pacs.behaviour = () => 0
  expect(await uplink.resend('pacs')).toBe(1)
  await until('needs-correction needs-person', 'needs-correction needs-person', 'accepted')
  expect(await uplink.resend('pacs')).toBe(0)
  expect(await uplink.resend('pacs', ids[0]!)).toBe(2)
  await until('withdrawn accepted', 'needs-correction needs-person', 'accepted')
  expect(uplink.toDo('pacs')).toEqual({ correct: [ids[1]], resend: 0 })
  expect(uplink.toDo('nowhere')).toBeUndefined()
})
