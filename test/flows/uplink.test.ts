import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openObject } from '../../src/dicom/codec.js'
import type { Delivery } from '../../src/domain/delivery.js'
import { removeData, run, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith, peerPath } from './peers.js'
import { chestDicom, fundusJpeg } from './pictures.js'

const SR = '1.2.840.10008.5.1.4.1.1.88.33'
const PDF = '1.2.840.10008.5.1.4.1.1.104.1'
const CR = '1.2.840.10008.5.1.4.1.1.1'
const OP = '1.2.840.10008.5.1.4.1.1.77.1.5.1'

type Detail = { id: string; deliveries?: Delivery[] }

describeWith(['Orthanc', 'storescu'], 'every result reaches the central PACS', () => {
  let appliance: RunningAppliance
  let pacs: RunningOrthanc
  let site: string
  let receivePort: number
  let pacsPort: number

  const boot = (data?: string) => startAppliance({ ...(data ? { data } : {}), env: { SCREENPOST_DICOM_PORT: String(receivePort) }, args: ['--config', site] })
  const send = async (...films: Buffer[]): Promise<void> => {
    const folder = await temporaryData()
    const files = await Promise.all(films.map(async (film, index) => {
      const path = join(folder, `${index}.dcm`)
      await writeFile(path, film)
      return path
    }))
    await run(peerPath('storescu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(receivePort), ...files])
  }
  const details = async (): Promise<Detail[]> => {
    const studies = await settledStudies(appliance, 1)
    return Promise.all(studies.map(({ id }) => appliance.api<Detail>(`/api/v1/studies/${id}`)))
  }
  const current = (all: Detail[]): Delivery[] => all.flatMap(({ deliveries = [] }) => deliveries).filter(({ state }) => state !== 'superseded')
  const allCommitted = (studies: number, timeoutMs = 60_000) => waitFor(async () => {
    const all = await details()
    const deliveries = current(all)
    return all.length >= studies && all.every((one) => (one.deliveries ?? []).length >= 3) && deliveries.every(({ state }) => state === 'committed') ? deliveries : undefined
  }, { timeoutMs, hint: () => `not all committed; output:\n${appliance.output().slice(-3000)}` })

  beforeAll(async () => {
    receivePort = await freePort()
    pacs = await startOrthanc({ appliancePort: receivePort })
    pacsPort = pacs.dicomPort
    site = join(await temporaryData(), 'site.json')
    await writeFile(site, JSON.stringify({ destinations: [{ id: 'pacs', kind: 'dicom', host: '127.0.0.1', port: pacsPort, aeTitle: 'ORTHANC', recompress: false }] }))
    appliance = await boot()
  }, 90_000)
  afterAll(async () => {
    await appliance?.stop()
    await pacs?.stop()
    if (appliance) await removeData(appliance)
    if (pacs) await removeOrthanc(pacs)
  })

  it('a film: image, report and paper are there and committed', { timeout: 90_000 }, async () => {
    await send(await chestDicom(1, { width: 600, height: 500 }))
    const deliveries = await allCommitted(1)
    const there = await pacs.instances()
    expect(there.map(({ uid }) => uid).sort()).toEqual(deliveries.map(({ sopInstanceUid }) => sopInstanceUid).sort())
    const classes = there.map(({ sopClass }) => sopClass)
    for (const sopClass of [CR, SR, PDF]) expect(classes.filter((one) => one === sopClass).length).toBe(1)
  })

  it('the image arrives as the device sent it', async () => {
    const film = await chestDicom(1, { width: 600, height: 500 })
    const image = (await pacs.instances()).find(({ sopClass }) => sopClass === CR)!
    const stored = await pacs.file(image.id)
    expect(stored.subarray(openObject(stored)!.dataSetOffset).equals(film.subarray(openObject(film)!.dataSetOffset))).toBe(true)
  })

  it('a photograph is wrapped', { timeout: 90_000 }, async () => {
    await writeFile(join(appliance.data, 'inbox', 'eye.jpg'), await fundusJpeg(3))
    await settledStudies(appliance, 2)
    await allCommitted(2)
    expect((await pacs.instances()).map(({ sopClass }) => sopClass)).toContain(OP)
  })

  it('a review makes a new report that names the one before', { timeout: 60_000 }, async () => {
    const [first] = (await details()).filter(({ deliveries }) => deliveries?.some(({ sopClassUid }) => sopClassUid === CR))
    const before = (await pacs.instances()).filter(({ sopClass }) => sopClass === SR).length
    const token = await appliance.token('clinician')
    const answer = await fetch(`${appliance.url}/api/v1/studies/${first!.id}/review`, {
      method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'change', triage: { level: 'urgent', text: 'Send today.' }, reason: 'Seen by a person' })
    })
    expect(answer.status).toBe(200)
    await waitFor(async () => (await pacs.instances()).filter(({ sopClass }) => sopClass === SR).length > before || undefined, { timeoutMs: 30_000, hint: () => appliance.output().slice(-2000) })
    await allCommitted(2)
    const reports = current(await details()).filter(({ kind }) => kind === 'sr' )
    const newest = reports.sort((a, b) => b.report - a.report)[0]!
    const instance = (await pacs.instances()).find(({ uid }) => uid === newest.sopInstanceUid)!
    const tags = JSON.stringify(await pacs.rest(`/instances/${instance.id}/simplified-tags`))
    expect(tags).toContain('PredecessorDocumentsSequence')
    expect(tags).toContain('VERIFIED')
  })

  it('while the PACS is away nothing is lost; the plug is pulled in the middle, and each object is there once', { timeout: 180_000 }, async () => {
    const before = (await pacs.instances()).length
    await pacs.stop()
    await send(...(await Promise.all([2, 3, 4].map((seed) => chestDicom(seed, { width: 500, height: 400 })))))
    await settledStudies(appliance, 5)
    const { uplink } = await waitFor(async () => {
      const status = await appliance.api<{ uplink: { outstanding: number; destinations: { reachable: boolean }[] } }>('/api/v1/status')
      return status.uplink.outstanding >= 9 && !status.uplink.destinations[0]!.reachable ? status : undefined
    }, { timeoutMs: 30_000, hint: () => appliance.output().slice(-2000) })
    expect(uplink.outstanding).toBeGreaterThanOrEqual(9)
    pacs = await startOrthanc({ folder: pacs.folder, dicomPort: pacsPort, appliancePort: receivePort })
    await waitFor(async () => (await pacs.instances()).length > before || undefined, { timeoutMs: 20_000, hint: () => 'nothing came after the return' })
    await appliance.pullPlug()
    appliance = await boot(appliance.data)
    const deliveries = await allCommitted(5, 90_000)
    const there = (await pacs.instances()).map(({ uid }) => uid)
    expect(new Set(there).size).toBe(there.length)
    expect(there.sort()).toEqual(expect.arrayContaining(deliveries.map(({ sopInstanceUid }) => sopInstanceUid).sort()))
  })
})
