import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { priorHouse } from '../../../src/compose/priors.js'
import type { Patient } from '../../../src/domain/patient.js'
import type { Prior } from '../../../src/domain/prior.js'
import { PatientRegistry } from '../../../src/patients/patients.js'
import { Visits } from '../../../src/patients/visits.js'
import type { Reader } from '../../../src/pipeline/reader/reader.js'
import { startReader } from '../../../src/pipeline/reader/reader.js'
import { systemClock } from '../../../src/platform/clock.js'
import type { Log } from '../../../src/platform/log.js'
import { silentLog } from '../../../src/platform/log.js'
import { StudyStore } from '../../../src/store/study-store.js'
import { PriorShelf } from '../../../src/uplink/inbound/prior-shelf.js'
import { Priors } from '../../../src/uplink/inbound/priors.js'
import { dicomTransport } from '../../../src/uplink/transports/dicom.js'
import { dicomwebTransport } from '../../../src/uplink/transports/dicomweb/dicomweb.js'
import type { Transport } from '../../../src/uplink/transports/transport.js'
import { uplinkLog } from '../../../src/uplink/uplink-log.js'
import { waitFor } from '../../flows/appliance.js'
import { freePort, removeOrthanc, startOrthanc } from '../../flows/orthanc.js'
import type { RunningOrthanc } from '../../flows/orthanc.js'
import { describeWith, peerPath } from '../../flows/peers.js'
import { builtChild } from '../../pipeline/reader/built-child.js'
import { newStudy, temporaryRoot } from '../../store/studies.js'
import { delivery } from '../samples.js'
import { priorObject, type Made } from './prior-objects.js'

const pace = { lookMs: 50, againMs: 300, unsupportedMs: 60_000 }

describeWith(['Orthanc', 'libOrthancDicomWeb.so'], 'earlier images of a patient in the centre’s archive', () => {
  let orthanc: RunningOrthanc
  let root: string
  let store: StudyStore
  let reader: Reader
  let patients: PatientRegistry
  let patient: Patient
  let shelf: PriorShelf
  let visits: Visits
  let isFree: boolean
  let events: string[]
  let bytes: number
  const stop: AbortController[] = []
  const runs: Promise<void>[] = []
  const log: Log = { ...silentLog, warn: (event) => { events.push(event) }, error: (event, fields) => { events.push(`${event} ${JSON.stringify(fields)}`) } }
  const host = () => ({ clock: systemClock, stateFolder: root, confirmed: () => undefined })
  const transports: Readonly<Record<string, () => Transport>> = {
    dicom: () => dicomTransport.open({ host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC', callingAeTitle: 'SCREENPOST' }, host()),
    dicomweb: () => dicomwebTransport.open({ url: `${orthanc.url}/dicom-web`, confirm: 'list' }, host())
  }
  const put = async ({ file }: Made): Promise<void> => { expect((await fetch(`${orthanc.url}/instances`, { method: 'POST', body: new Uint8Array(file) })).status).toBe(200) }
  const look = (transport: Transport): void => {
    const end = new AbortController()
    stop.push(end)
    const house = priorHouse({ store, patients, visits, reader, priors: shelf }, systemClock)
    runs.push(new Priors({ destination: { id: 'pacs', priors: 2, policy: {} }, way: transport.priors!, house, store, clock: systemClock, log: uplinkLog(log), signal: end.signal, isFree: () => isFree, moved: (more) => { bytes += more }, pace }).run())
  }
  const until = (good: (priors: readonly Prior[]) => boolean) =>
    waitFor(async () => { const priors = await shelf.of(patient); return good(priors) ? priors : undefined }, { timeoutMs: 20_000, hint: () => `nothing came; ${events.join(' ')}` })
  const soon = (): Promise<void> => new Promise((next) => setTimeout(next, 1_200))

  beforeAll(async () => {
    orthanc = await startOrthanc({ appliancePort: await freePort(), configuration: { Plugins: [peerPath('libOrthancDicomWeb.so')], DicomWeb: { Enable: true } } })
    reader = await startReader({ packsFolder: '', log: silentLog, script: builtChild, readyWithinMs: 60_000 })
  }, 90_000)
  afterAll(async () => {
    await reader[Symbol.asyncDispose]()
    await orthanc.stop()
    await removeOrthanc(orthanc)
  })
  beforeEach(async () => {
    [events, bytes, isFree] = [[], 0, true]
    root = await temporaryRoot()
    store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
    patients = await PatientRegistry.open({ folder: join(root, 'patients'), clock: systemClock })
    visits = await Visits.open({ folder: join(root, 'visits'), clock: systemClock, log: silentLog, clockTrusted: () => true, patients })
    const registered = await patients.register({ name: 'Phantom Person', identifier: 'C-0042', sex: 'F', birthDate: '1961-05-17' }, 'amina')
    if (!registered.ok) throw new Error(registered.error.message)
    patient = registered.value
    shelf = new PriorShelf(join(root, 'priors'))
    await visits.start({ patientId: patient.id }, 'amina')
  })
  afterEach(async () => {
    for (const end of stop.splice(0)) end.abort()
    await Promise.all(runs.splice(0))
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
    for (const one of await orthanc.rest<string[]>('/instances')) await fetch(`${orthanc.url}/instances/${one}`, { method: 'DELETE' })
  })

  it.each(Object.keys(transports))('come as pictures, the newest two studies, once; they are no studies here and bear no name outside their record (%s)', { timeout: 60_000 }, async (kind) => {
    for (const [index, day] of ['2023-01-05', '2024-02-06', '2025-03-07'].entries()) await put(priorObject('fundus', { seed: index, day }))
    look(transports[kind]!())
    const priors = await until((all) => all.length === 2)
    expect(priors).toMatchObject([{ takenOn: '2025-03-07', modality: 'fundus', laterality: 'R', from: 'pacs', patientId: patient.id }, { takenOn: '2024-02-06', laterality: 'L' }])
    expect((await sharp(await readFile(shelf.picture(priors[0]!))).metadata()).format).toBe('png')
    const fetched = bytes
    await soon()
    expect([await shelf.of(patient).then(({ length }) => length), bytes, store.counts().total, events]).toEqual([2, fetched, 0, []])
    expect((await readdir(join(root, 'priors', patient.id))).sort((a, b) => a.localeCompare(b)).map((name) => name.replace(/^[0-9a-f]{32}/, ''))).toEqual(['.json', '.png', '.json', '.png'])
  })

  it('of another person of the same number never come, and neither do our own; a record that is corrected shows none of the person before', { timeout: 60_000 }, async () => {
    await put(priorObject('fundus', { seed: 1, day: '2025-01-01', person: { patientBirthDate: '19700101' } }))
    await put(priorObject('fundus', { seed: 2, day: '2025-01-02', person: { patientSex: 'M' } }))
    await put(priorObject('fundus', { seed: 3, day: '2025-01-03', person: { patientId: 'C-00423' } }))
    const own = priorObject('chest', { seed: 4, day: '2025-01-04' })
    await put(own)
    const { id } = await store.create(await newStudy(root, { receivedAt: new Date().toISOString(), patientId: patient.id }))
    await store.change(id, { by: 'uplink', event: 'sent' }, (study) => ({ ...study, deliveries: [{ ...delivery, state: 'accepted', sopInstanceUid: own.sopInstanceUid, studyInstanceUid: own.studyInstanceUid }] }))
    await put(priorObject('chest', { seed: 5, day: '2024-01-05' }))
    look(transports['dicom']!())
    expect(await until((all) => all.length > 0)).toMatchObject([{ takenOn: '2024-01-05', modality: 'cxr' }])
    await soon()
    expect((await shelf.of(patient)).length).toBe(1)
    expect(await shelf.of({ ...patient, birthDate: '1970-01-01' })).toEqual([])
    expect(await shelf.of({ ...patient, identifier: 'C-0043' })).toEqual([])
  })

  it('without a birth date must bear every word of the name, else they are left out and it is said', { timeout: 60_000 }, async () => {
    await put(priorObject('fundus', { seed: 1, day: '2025-01-01', person: { patientBirthDate: '', patientName: 'Someone^Else' } }))
    await put(priorObject('fundus', { seed: 2, day: '2025-01-02', person: { patientBirthDate: '' } }))
    look(transports['dicom']!())
    expect(await until((all) => all.length > 0)).toMatchObject([{ takenOn: '2025-01-02' }])
    await waitFor(() => events.includes('uplink-prior-of-other') || undefined, { timeoutMs: 10_000, hint: () => events.join(' ') })
    expect((await shelf.of(patient)).length).toBe(1)
  })

  it('wait while the line has something to send, and while the disk is short of room; then those that lie there go first', { timeout: 60_000 }, async () => {
    isFree = false
    await put(priorObject('fundus', { seed: 1, day: '2025-01-01' }))
    look(transports['dicom']!())
    await soon()
    expect([await shelf.of(patient), bytes]).toEqual([[], 0])
    isFree = true
    await until((all) => all.length === 1)
    await shelf.makeRoom(true)
    await soon()
    expect(await shelf.of(patient)).toEqual([])
    await shelf.makeRoom(false)
    await until((all) => all.length === 1)
  })

  it('are forgotten after a month, with what a power cut left', { timeout: 60_000 }, async () => {
    await put(priorObject('fundus', { seed: 1, day: '2025-01-01' }))
    look(transports['dicom']!())
    const [prior] = await until((all) => all.length === 1)
    await writeFile(join(root, 'priors', patient.id, 'object.000.tmp'), 'half')
    await shelf.forget(prior!.fetchedAt)
    expect((await readdir(join(root, 'priors', patient.id))).some((name) => name.endsWith('.tmp'))).toBe(false)
    stop[0]!.abort()
    await shelf.forget(new Date(Date.now() + 1000).toISOString())
    expect(await readdir(join(root, 'priors'))).toEqual([])
  })
})
