import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openObject } from '../../../src/dicom/codec.js'
import { readReport } from '../../../src/dicom/read-report.js'
import type { StudyId } from '../../../src/domain/ids.js'
import { overreadsInForce } from '../../../src/domain/overread.js'
import type { Study } from '../../../src/domain/study.js'
import type { Log } from '../../../src/platform/log.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { identityOf } from '../../../src/report/identity.js'
import { structuredReport } from '../../../src/report/structured-report.js'
import { StudyStore } from '../../../src/store/study-store.js'
import { Overreads } from '../../../src/uplink/inbound/overreads.js'
import { dicomTransport } from '../../../src/uplink/transports/dicom.js'
import { dicomwebTransport } from '../../../src/uplink/transports/dicomweb/dicomweb.js'
import type { Transport } from '../../../src/uplink/transports/transport.js'
import { uplinkLog } from '../../../src/uplink/uplink-log.js'
import { waitFor } from '../../flows/appliance.js'
import { freePort, removeOrthanc, startOrthanc } from '../../flows/orthanc.js'
import type { RunningOrthanc } from '../../flows/orthanc.js'
import { describeWith, peerPath } from '../../flows/peers.js'
import { samplePatient, sampleStudy } from '../../report/sample-study.js'
import { newStudy, temporaryRoot } from '../../store/studies.js'
import { delivery } from '../samples.js'

const IMAGE = '2.25.5001'
const STUDY = '2.25.500'
const pace = { lookMs: 50, freshMs: 100, oldMs: 100, unsupportedMs: 60_000 }
const of = (patientId: string, patientName = 'Phantom Person') => ({ ...identityOf(sampleStudy, samplePatient), patientId, patientName })

/** A report of the centre: written by our own writer, under the names of a radiologist and of another maker. */
const report = (...of: Parameters<typeof ownReport>): Buffer => Buffer.from(ownReport(...of).toString('latin1').replaceAll('Screenpost', 'Otherworks'), 'latin1')

/** The same as an appliance writes it. */
const ownReport = (sopInstanceUid: string, { patientId = 'C-0042', image = IMAGE, replaces = [] as string[], reviewed = true }): Buffer => structuredReport({
  study: { ...sampleStudy, id: '20260101-RADI0L0G', dicom: { studyInstanceUid: STUDY } as Study['dicom'] & object, reviews: reviewed ? [{ at: '2026-03-05T09:00:00.000Z', by: 'Okoye^Ada', action: 'change', triage: { level: 'urgent', text: 'Seen by the centre.' }, reason: 'Bleeding at the disc' }] : [] },
  identity: of(patientId), siteName: 'Centre', softwareVersion: '1', at: '2026-03-05T09:00:00.000Z', sopInstanceUid, revision: 1, predecessors: replaces.map((uid) => ({ sopInstanceUid: uid, studyInstanceUid: STUDY })),
  image: { sopClassUid: '1.2.840.10008.5.1.4.1.1.77.1.5.1', sopInstanceUid: image, seriesInstanceUid: '2.25.501' }
})

it('a report is read without its template; what is no report, or half of one, is none', () => {
  const read = readReport(report('2.25.601', { replaces: ['2.25.600'] }))!
  expect(read).toMatchObject({ sopInstanceUid: '2.25.601', studyInstanceUid: STUDY, patientId: 'C-0042', author: 'Okoye Ada', writtenOn: '2026-03-05', final: true, replaces: ['2.25.600'] })
  expect(read.references).toContain(IMAGE)
  expect(read.lines.map(({ text }) => text)).toContain('Bleeding at the disc')
  expect(readReport(report('2.25.601', { reviewed: false }))!.final).toBe(false)
  const odd = report('2.25.601', {})
  odd.write('20261399', odd.indexOf('20260305', openObject(odd)!.dataSet.elements.get(0x00080023)!.offset), 'latin1')
  expect(readReport(odd)).not.toHaveProperty('writtenOn')
  expect([readReport(Buffer.alloc(3000)), readReport(report('2.25.601', {}).subarray(0, 900))]).toEqual([undefined, undefined])
})

describeWith(['Orthanc', 'libOrthancDicomWeb.so'], 'what the centre wrote of a study', () => {
  let orthanc: RunningOrthanc
  let root: string
  let store: StudyStore
  let id: StudyId
  let warnings: string[]
  const stop: AbortController[] = []
  const log: Log = { ...silentLog, warn: (event) => { warnings.push(event) } }
  const host = () => ({ clock: systemClock, stateFolder: root, confirmed: () => undefined })
  const transports: Readonly<Record<string, () => Transport>> = {
    dicom: () => dicomTransport.open({ host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC', callingAeTitle: 'SCREENPOST' }, host()),
    dicomweb: () => dicomwebTransport.open({ url: `${orthanc.url}/dicom-web`, confirm: 'list' }, host())
  }
  const put = async (file: Buffer): Promise<void> => { expect((await fetch(`${orthanc.url}/instances`, { method: 'POST', body: new Uint8Array(file) })).status).toBe(200) }
  const look = (transport: Transport): void => {
    const end = new AbortController()
    stop.push(end)
    void new Overreads({ destination: { id: 'pacs' }, transport, store, link: { isUp: true }, clock: systemClock, log: uplinkLog(log), signal: end.signal, pace }).run()
  }
  const until = (good: (study: Study) => boolean) => waitFor(async () => { const study = await store.read(id); return good(study) ? study : undefined }, { timeoutMs: 15_000, hint: () => `nothing came; ${warnings.join(' ')}` })

  beforeAll(async () => {
    orthanc = await startOrthanc({ appliancePort: await freePort(), configuration: { Plugins: [peerPath('libOrthancDicomWeb.so')], DicomWeb: { Enable: true } } })
  }, 60_000)
  afterAll(async () => {
    await orthanc.stop()
    await removeOrthanc(orthanc)
  })
  beforeEach(async () => {
    warnings = []
    root = await temporaryRoot()
    store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
    id = (await store.create(await newStudy(root, { receivedAt: new Date().toISOString() }))).id
    const sent = { ...delivery, studyInstanceUid: STUDY, state: 'accepted' as const }
    await store.change(id, { by: 'uplink', event: 'sent' }, (study) => ({
      ...study, state: 'ready', reports: [{ revision: 1, contentHash: 'a', at: delivery.at, identityHash: 'a', identity: of('C-0042') }], deliveries: [{ ...sent, kind: 'image', sopInstanceUid: IMAGE }, { ...sent, sopInstanceUid: '2.25.700' }]
    }))
    await put(report('2.25.700', {}))
  })
  afterEach(async () => {
    for (const end of stop.splice(0)) end.abort()
    await new Promise((next) => setTimeout(next, 200))
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
    for (const one of await orthanc.rest<string[]>('/instances')) await fetch(`${orthanc.url}/instances/${one}`, { method: 'DELETE' })
  })

  it.each(Object.keys(transports))('comes back into the study, once, and a later one replaces it (%s)', { timeout: 40_000 }, async (kind) => {
    look(transports[kind]!())
    await put(report('2.25.601', { reviewed: false }))
    await until(({ overreads }) => overreads?.length === 1)
    await put(report('2.25.602', { replaces: ['2.25.601'] }))
    const study = await until(({ overreads }) => overreads?.length === 2)
    expect(overreadsInForce(study)).toMatchObject([{ sopInstanceUid: '2.25.602', final: true, author: 'Okoye Ada', from: 'pacs' }])
    expect([study.overreads!.map(({ sopInstanceUid }) => sopInstanceUid), store.summary(id)?.overread]).toEqual([['2.25.601', '2.25.602'], true])
    await new Promise((next) => setTimeout(next, 500))
    expect((await store.read(id)).overreads?.length).toBe(2)
  })

  it('is no reading at the centre when an appliance wrote it, although it names our image', { timeout: 40_000 }, async () => {
    await put(ownReport('2.25.604', {}))
    await put(report('2.25.605', {}))
    look(transports['dicom']!())
    await until(({ overreads = [] }) => overreads.some(({ sopInstanceUid }) => sopInstanceUid === '2.25.605'))
    await new Promise((next) => setTimeout(next, 500))
    expect((await store.read(id)).overreads!.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['2.25.605'])
    expect(warnings).toEqual([])
  })

  it('is of neither study where both left under the UID that it names, as older versions let them', { timeout: 40_000 }, async () => {
    const twin = await store.create({ ...await newStudy(root, { receivedAt: new Date().toISOString() }), object: { ...(await newStudy(root)).object, sopInstanceUid: IMAGE } })
    await store.change(twin.id, { by: 'uplink', event: 'sent' }, (study) => ({ ...study, deliveries: [{ ...delivery, kind: 'image', sopInstanceUid: IMAGE, state: 'superseded' }] }))
    await put(report('2.25.606', {}))
    look(transports['dicom']!())
    await waitFor(() => warnings.includes('uplink-overread-of-other') || undefined, { timeoutMs: 15_000, hint: () => warnings.join(' ') })
    expect((await store.read(id)).overreads).toBeUndefined()
  })

  it('is left out when it names another patient or an image of another study, and said so', { timeout: 40_000 }, async () => {
    look(transports['dicom']!())
    await put(report('2.25.603', { patientId: 'OTHER', image: '2.25.999' }))
    await waitFor(() => warnings.includes('uplink-overread-of-other') || undefined, { timeoutMs: 15_000, hint: () => warnings.join(' ') })
    expect((await store.read(id)).overreads).toBeUndefined()
  })
})
