import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import dimse from 'dcmjs-dimse'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../src/devices/device-kind.js'
import { dicomDevice } from '../../src/devices/dicom/dicom-device.js'
import type { Arrival } from '../../src/domain/arrival.js'
import { ok } from '../../src/domain/result.js'
import { matchesWorklist, type PerformedStep, type WorklistItem } from '../../src/domain/worklist.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { describeWith } from '../flows/peers.js'
import { makeDicom } from '../generators/dicom.js'

const run = promisify(execFile)
const people: WorklistItem[] = [
  { patientId: 'P-0000000A', patientName: 'Achieng Maria', sex: 'F', birthDate: '1980-02-03', date: '2026-03-01', time: '08:15' },
  { patientId: 'P-0000000B', patientName: 'Асан Усенов', sex: 'M', date: '2026-03-01', modality: 'US' },
  { patientId: 'P-0000000C', patientName: 'Tomas Njoroge', date: '2026-03-02', modality: 'DX', stationAeTitle: 'XRAY1' }
]
let folder: string
let link: DeviceLink
let arrivals: Arrival[]
let steps: PerformedStep[]
let reported: string[]
const port = (): string => /:(\d+)$/.exec(link.endpoint ?? '')![1]!

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dicom-worklist-'))
  await mkdir(join(folder, 'spool'))
  arrivals = []
  steps = []
  reported = []
  const host: DeviceHost = {
    deviceId: 'probe', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true),
    report: ({ message }) => reported.push(message),
    worklist: (query) => Promise.resolve(people.filter((item) => matchesWorklist(item, query))),
    reportProgress: (step) => { steps.push(step); return Promise.resolve() },
    deliver: (arrival) => { arrivals.push(arrival); return Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })) }
  }
  const options = dicomDevice.parseOptions({ host: '127.0.0.1', port: 0, allowedAeTitles: ['PROBE'] })
  if (!options.ok) throw new Error('options')
  link = await dicomDevice.open(options.value, host)
})
afterEach(async () => {
  await link[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Answers of findscu as dcmdump shows them. */
async function find(...keys: string[]): Promise<string[]> {
  const answers = await mkdtemp(join(folder, 'answers-'))
  const always = ['PatientName', 'PatientID', 'PatientSex', 'PatientBirthDate', 'StudyInstanceUID', '(0040,0100)[0].Modality', '(0040,0100)[0].ScheduledProcedureStepStartTime']
  const asked = [...always.filter((key) => !keys.some((given) => given.startsWith(`${key}=`))), ...keys]
  await run('findscu', ['-W', '-X', '-od', answers, '-aet', 'PROBE', ...asked.flatMap((key) => ['-k', key]), '127.0.0.1', port()])
  const files = (await readdir(answers)).sort()
  return Promise.all(files.map(async (name) => (await run('dcmdump', ['+U8', join(answers, name)])).stdout))
}
const idsOf = (answers: string[]): string[] => answers.map((text) => /P-0000000(\w)/.exec(text)?.[1] ?? '?')

describeWith(['storescu', 'dcmdump'], 'the modality worklist', () => {
  it('answers who is to be examined, in UTF-8, with a study to file it under', async () => {
    const answers = await find()
    expect(idsOf(answers)).toEqual(['A', 'B', 'C'])
    expect(answers[0]).toMatch(/ISO_IR 192[\s\S]*Achieng Maria[\s\S]*19800203[\s\S]*\[F[\s\S]*2\.25\.\d+[\s\S]*081500/)
    expect(answers[1]).toContain('Асан Усенов')
    const studies = (texts: string[]): (string | undefined)[] => texts.map((text) => /\[(2\.25\.\d+)\]/.exec(text)?.[1])
    expect(new Set(studies(answers)).size).toBe(3)
    expect(studies(await find())).toEqual(studies(answers))
  })

  it.each([
    ['a wildcard in the name', 'PatientName=ach*', ['A']],
    ['given and family name in the other order', 'PatientName=Maria^Achieng', ['A']],
    ['the id', 'PatientID=P-0000000C', ['C']],
    ['the modality, which items for any device answer too', '(0040,0100)[0].Modality=US', ['A', 'B']],
    ['the station', '(0040,0100)[0].ScheduledStationAETitle=XRAY1', ['A', 'B', 'C']],
    ['another station', '(0040,0100)[0].ScheduledStationAETitle=OTHER', ['A', 'B']],
    ['a day', '(0040,0100)[0].ScheduledProcedureStepStartDate=20260302', ['C']],
    ['a range', '(0040,0100)[0].ScheduledProcedureStepStartDate=-20260301', ['A', 'B']],
    ['nobody', 'PatientName=Nobody', []]
  ])('matches %s', async (_name, key, ids) => {
    expect(idsOf(await find(key))).toEqual(ids)
  })
})

describeWith(['storescu'], 'a sender', () => {
  it('is not taken from a device that may not send, and the page says which', async () => {
    await writeFile(join(folder, 'image.dcm'), makeDicom({}))
    await expect(run('storescu', ['-aet', 'OTHER', '127.0.0.1', port(), join(folder, 'image.dcm')])).rejects.toThrow()
    expect(reported).toEqual([expect.stringContaining('The device OTHER wanted to send')])
  })
})

describeWith(['storescu'], 'performed procedure steps', () => {
  it('move on with the device', async () => {
    const mpps = '1.2.840.10008.3.1.2.3.3'
    const client = new dimse.Client()
    const create = new dimse.requests.NCreateRequest(mpps, '2.25.5')
    create.setDataset(new dimse.Dataset({ PatientID: 'P-0000000A', PerformedProcedureStepStatus: 'IN PROGRESS', ScheduledStepAttributesSequence: [{ StudyInstanceUID: '2.25.6' }] }))
    const set = new dimse.requests.NSetRequest(mpps, '2.25.5')
    set.setDataset(new dimse.Dataset({ PerformedProcedureStepStatus: 'COMPLETED' }))
    const statuses: number[] = []
    for (const request of [create, set]) {
      request.on('response', (response: { getStatus(): number }) => statuses.push(response.getStatus()))
      client.addRequest(request)
    }
    client.send('127.0.0.1', Number(port()), 'PROBE', 'SCREENPOST')
    await vi.waitFor(() => expect(statuses).toEqual([0, 0]), 5000)
    expect(steps).toMatchObject([
      { instanceUid: '2.25.5', status: 'in-progress', patientId: 'P-0000000A', studyInstanceUid: '2.25.6', deviceId: 'probe', callingAeTitle: 'PROBE' },
      { instanceUid: '2.25.5', status: 'completed' }
    ])
  })
})
