import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import dimse from 'dcmjs-dimse'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDicom, type DicomOptions } from '../generators/dicom.js'
import type { RunningAppliance } from './appliance.js'
import { removeData, run, startAppliance, waitFor } from './appliance.js'
import { describeWith } from './peers.js'

type Visit = { id: string; patientId: string; stations: { station: string; take: string | null; inForce: boolean }[]; steps: { status: string }[] }
type StudyJson = { id: string; patientId?: string; visitId?: string; take?: string; proposedVisitId?: string; questions: { code: string }[]; source: { callingAeTitle: string } }

let appliance: RunningAppliance
let folder: string
let nurse: string
let amina: string
let baraka: string
let sent = 0

async function post<T>(path: string, body: unknown, expected = 200): Promise<T> {
  const answer = await fetch(`${appliance.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${nurse}`, 'content-type': 'application/json' } })
  expect(answer.status).toBe(expected)
  return (await answer.json()) as T
}
const register = async (name: string): Promise<string> => (await post<{ patient: { id: string } }>('/api/v1/patients', { name, sex: 'F' }, 201)).patient.id
const open = async (patientId: string): Promise<Visit> => post('/api/v1/visits', { patientId })
const hold = (visit: Visit, station: string, take: string): Promise<Visit> => post(`/api/v1/visits/${visit.id}/hold`, { station, take })
const echo = (title: string): Promise<unknown> => run('echoscu', ['-aet', title, appliance.dicom.host, String(appliance.dicom.port)])

/** One association with `count` images that name nobody, unless told. Gives their SOP Instance UIDs. */
async function send(title: string, count = 1, options: DicomOptions = {}): Promise<string[]> {
  const uids = Array.from({ length: count }, () => `1.2.826.0.1.${process.pid}.${(sent += 1)}`)
  const paths = await Promise.all(uids.map(async (sopInstanceUid, index) => {
    const path = join(folder, `${title}-${sent}-${index}.dcm`)
    await writeFile(path, makeDicom({ sopInstanceUid, patientId: '', patientName: '', patientBirthDate: '', patientSex: '', modality: 'OP', ...options }))
    return path
  }))
  await run('storescu', ['-aet', title, appliance.dicom.host, String(appliance.dicom.port), ...paths])
  return uids
}

async function studies(): Promise<(StudyJson & { uid: string })[]> {
  const { studies: lines } = await appliance.api<{ studies: { id: string }[] }>('/api/v1/studies?limit=200&order=newest')
  return Promise.all(lines.map(async ({ id }) => {
    const study = await appliance.api<StudyJson & { object: { sopInstanceUid: string } }>(`/api/v1/studies/${id}`)
    return { ...study, uid: study.object.sopInstanceUid }
  }))
}
const whoseAre = async (uids: readonly string[]): Promise<(StudyJson & { uid: string })[]> => (await studies()).filter(({ uid }) => uids.includes(uid))

describeWith(['storescu', 'echoscu'], 'two nurses with a device each', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visits-flow-'))
    appliance = await startAppliance()
    nurse = await appliance.token('operator')
    amina = await register('Amina Juma')
    baraka = await register('Baraka Otieno')
    for (const title of ['CAM1', 'CAM2', 'CAM3']) await echo(title)
  }, 60_000)
  afterAll(async () => {
    await appliance.stop()
    await removeData(appliance)
    await rm(folder, { recursive: true, force: true })
  })

  it('find the devices that echoed, and the second is told who has one', async () => {
    const { stations } = await appliance.api<{ stations: { id: string }[] }>('/api/v1/stations')
    expect(stations.map(({ id }) => id)).toEqual(expect.arrayContaining(['dicom:CAM1', 'dicom:CAM2', 'dicom:CAM3']))
    await hold(await open(amina), 'dicom:CAM1', 'eye-left')
    const refused = await post<{ error: { code: string } }>(`/api/v1/visits/${(await open(baraka)).id}/hold`, { station: 'dicom:CAM1' }, 409)
    expect(refused.error.code).toBe('station-held')
  })

  it('send at the same time, and every image is of its own person', async () => {
    const [first, second] = [await open(amina), await open(baraka)]
    await hold(first, 'dicom:CAM1', 'eye-left')
    await hold(second, 'dicom:CAM2', 'eye-right')
    const [left, right, nobody] = await Promise.all([send('CAM1', 8), send('CAM2', 8), send('CAM3', 2)])
    expect((await whoseAre(left)).map(({ patientId, visitId, take }) => [patientId, visitId, take])).toEqual(Array(8).fill([amina, first.id, 'eye-left']))
    expect((await whoseAre(right)).map(({ patientId, visitId, take }) => [patientId, visitId, take])).toEqual(Array(8).fill([baraka, second.id, 'eye-right']))
    expect((await whoseAre(nobody)).map(({ patientId, questions }) => [patientId, questions])).toEqual(Array(2).fill([undefined, []]))
  }, 60_000)

  it('are asked about an image that says another name', async () => {
    const visit = await open(amina)
    const [study] = await whoseAre(await send('CAM1', 1, { patientName: 'Otieno^Baraka' }))
    expect(study).toMatchObject({ proposedVisitId: visit.id, questions: [{ code: 'whose-is-this' }] })
    expect(study).not.toHaveProperty('patientId')
  })

  it('go on after the plug was pulled', async () => {
    const [first, second] = [await open(amina), await open(baraka)]
    await appliance.pullPlug()
    appliance = await startAppliance({ data: appliance.data })
    const [left, right] = await Promise.all([send('CAM1', 2), send('CAM2', 2)])
    expect((await whoseAre(left)).map(({ visitId }) => visitId)).toEqual([first.id, first.id])
    expect((await whoseAre(right)).map(({ visitId }) => visitId)).toEqual([second.id, second.id])
  }, 60_000)

  it('see the visit move on with the device (MPPS), and the worklist name the procedure', async () => {
    const visit = await open(baraka)
    const client = new dimse.Client()
    const create = new dimse.requests.NCreateRequest('1.2.840.10008.3.1.2.3.3', '2.25.77')
    create.setDataset(new dimse.Dataset({ PatientID: baraka, PerformedProcedureStepStatus: 'IN PROGRESS' }))
    const set = new dimse.requests.NSetRequest('1.2.840.10008.3.1.2.3.3', '2.25.77')
    set.setDataset(new dimse.Dataset({ PerformedProcedureStepStatus: 'COMPLETED' }))
    for (const request of [create, set]) client.addRequest(request)
    client.send(appliance.dicom.host, appliance.dicom.port, 'CAM2', 'SCREENPOST')
    const steps = await waitFor(async () => {
      const now = await appliance.api<Visit>(`/api/v1/visits/${visit.id}`)
      return now.steps[0]?.status === 'completed' ? now.steps : undefined
    }, { timeoutMs: 10_000, hint: () => 'the step was not completed' })
    expect(steps).toMatchObject([{ station: 'dicom:CAM2', status: 'completed' }])
    const { stdout, stderr } = await run('findscu', ['-W', '-k', 'PatientID', '-k', 'RequestedProcedureDescription', '-k', '(0040,0100)[0].Modality=OP', appliance.dicom.host, String(appliance.dicom.port)])
    expect(`${stdout}${stderr}`).toContain('Fundus photographs')
    expect(`${stdout}${stderr}`).toContain(baraka)
  }, 30_000)
})
