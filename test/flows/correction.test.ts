import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { removeData, run, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith, peerPath } from './peers.js'
import { chestDicom } from './pictures.js'

const KEY_OBJECTS = '1.2.840.10008.5.1.4.1.1.88.59'

type Tags = { PatientID?: string; PatientName?: string; StudyInstanceUID?: string; SOPInstanceUID?: string }
type Detail = { id: string; revision: number; deliveries?: Delivery[] }

describeWith(['Orthanc', 'storescu'], 'an image that was given to a wrong person is put right in the PACS', () => {
  let appliance: RunningAppliance
  let reissuing: RunningOrthanc
  let asking: RunningOrthanc
  let before: Delivery[]

  const detail = async (): Promise<Detail> => {
    const [study] = await settledStudies(appliance, 1)
    return appliance.api<Detail>(`/api/v1/studies/${study!.id}`)
  }
  const of = (all: Detail, destination: string): Delivery[] => (all.deliveries ?? []).filter((one) => one.destination === destination)
  const until = (good: (one: Detail) => boolean) => waitFor(async () => { const all = await detail(); return good(all) ? all : undefined }, { timeoutMs: 60_000, hint: () => appliance.output().slice(-3000) })
  const post = async (role: 'operator' | 'admin', path: string, body: unknown): Promise<Response> => fetch(`${appliance.url}${path}`, {
    method: 'POST', redirect: 'manual', headers: { authorization: `Bearer ${await appliance.token(role)}`, 'content-type': 'application/json' }, body: JSON.stringify(body)
  })
  const tagsOf = async (pacs: RunningOrthanc): Promise<(Tags & { sopClass: string; text: string })[]> => Promise.all((await pacs.instances()).map(async ({ id, sopClass }) => {
    const tags = await pacs.rest<Tags>(`/instances/${id}/simplified-tags`)
    return { ...tags, sopClass, text: JSON.stringify(tags) }
  }))

  beforeAll(async () => {
    const receivePort = await freePort()
    reissuing = await startOrthanc({ appliancePort: receivePort })
    asking = await startOrthanc({ appliancePort: receivePort })
    const folder = await temporaryData()
    const to = (id: string, { dicomPort }: RunningOrthanc, onCorrection: string) => ({ id, kind: 'dicom', host: '127.0.0.1', port: dicomPort, aeTitle: 'ORTHANC', onCorrection })
    await writeFile(join(folder, 'site.json'), JSON.stringify({ destinations: [to('reissuing', reissuing, 'reissue'), to('asking', asking, 'ask')] }))
    appliance = await startAppliance({ env: { SCREENPOST_DICOM_PORT: String(receivePort) }, args: ['--config', join(folder, 'site.json')] })
    await writeFile(join(folder, 'film.dcm'), await chestDicom(1, { width: 500, height: 400 }))
    await run(peerPath('storescu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(receivePort), join(folder, 'film.dcm')])
    const all = await until(({ deliveries = [] }) => deliveries.length >= 6 && deliveries.every(({ state }) => state === 'committed'))
    before = [...all.deliveries!]
    const registered = (await (await post('operator', '/api/v1/patients', { name: 'Phantom Right', sex: 'F', birthDate: '1970-01-02', identifier: 'RIGHT-1' })).json()) as { id?: string; patient?: { id: string } }
    const attached = await post('operator', `/api/v1/studies/${all.id}/attach`, { patientId: registered.patient?.id ?? registered.id })
    expect(attached.status).toBe(200)
  }, 180_000)
  afterAll(async () => {
    await appliance?.stop()
    await reissuing?.stop()
    await asking?.stop()
    if (appliance) await removeData(appliance)
    for (const pacs of [reissuing, asking]) if (pacs) await removeOrthanc(pacs)
  })

  it('by a rejection note that names every object, and everything anew under other UIDs and the right name', { timeout: 90_000 }, async () => {
    const all = await until((one) => of(one, 'reissuing').every(({ state }) => state === 'committed' || state === 'withdrawn') && of(one, 'reissuing').some(({ kind }) => kind === 'rejection'))
    const wrong = before.filter(({ destination }) => destination === 'reissuing').map(({ sopInstanceUid }) => sopInstanceUid)
    expect(of(all, 'reissuing').filter(({ state }) => state === 'withdrawn').map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(wrong)
    const there = await tagsOf(reissuing)
    const [note, ...more] = there.filter(({ sopClass }) => sopClass === KEY_OBJECTS)
    expect([note?.PatientID, more.length, note?.text.includes('113037')]).toEqual([there.find(({ SOPInstanceUID }) => SOPInstanceUID === wrong[0])?.PatientID, 0, true])
    for (const uid of wrong) expect(note?.text).toContain(uid)
    const anew = there.filter(({ SOPInstanceUID, sopClass }) => sopClass !== KEY_OBJECTS && !wrong.includes(SOPInstanceUID!))
    expect(anew.length).toBe(wrong.length)
    expect(anew.every(({ PatientID, PatientName, StudyInstanceUID }) => PatientID === 'RIGHT-1' && PatientName === 'Phantom Right' && StudyInstanceUID !== note?.StudyInstanceUID)).toBe(true)
  })

  it('or by a person, who is told the UIDs; until then nothing follows, and after that everything', { timeout: 90_000 }, async () => {
    const wrong = before.filter(({ destination }) => destination === 'asking').map(({ sopInstanceUid }) => sopInstanceUid)
    const held = await until((one) => of(one, 'asking').some(({ state }) => state === 'needs-person'))
    expect(of(held, 'asking').filter(({ state }) => state === 'needs-correction').map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(wrong)
    const told = of(held, 'asking').find(({ state }) => state === 'needs-person')!.problem!.message
    for (const uid of wrong) expect(told).toContain(uid)
    expect((await asking.instances()).length).toBe(wrong.length)
    expect((await post('admin', '/uplink/asking/resend', {})).status).toBe(303)
    expect(of(await detail(), 'asking').map(({ state }) => state)).toEqual(of(held, 'asking').map(({ state }) => state))
    const page = await fetch(`${appliance.url}/uplink`, { headers: { authorization: `Bearer ${await appliance.token('admin')}`, accept: 'text/html' } })
    expect(await page.text()).toContain(`action="/uplink/asking/corrected/${held.id}"`)
    expect((await post('admin', '/uplink/asking/corrected/20200101-AAAAAAAA', {})).status).toBe(404)
    expect((await post('admin', `/uplink/asking/corrected/${held.id}`, {})).status).toBe(303)
    const done = await until((one) => of(one, 'asking').every(({ state }) => state === 'committed' || state === 'withdrawn'))
    expect(of(done, 'asking').filter(({ state }) => state === 'withdrawn').map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(wrong)
    expect((await tagsOf(asking)).filter(({ PatientID }) => PatientID === 'RIGHT-1').length).toBe(wrong.length)
  })
})
