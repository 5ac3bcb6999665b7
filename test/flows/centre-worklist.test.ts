import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDicom } from '../generators/dicom.js'
import type { RunningAppliance } from './appliance.js'
import { removeData, run, startAppliance, waitFor } from './appliance.js'
import { describeWith } from './peers.js'
import { startWorklistServer } from './worklist-server.js'

const now = new Date()
const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('')
const KEYS = ['PatientID', 'PatientName', 'AccessionNumber', 'StudyInstanceUID', '(0040,0100)[0].Modality=DX', `(0040,0100)[0].ScheduledProcedureStepStartDate=${today}`]

describeWith(['wlmscpfs', 'dump2dcm', 'findscu', 'storescu'], 'an order of the centre', () => {
  let folder: string
  let clinic: RunningAppliance
  let centre: Awaited<ReturnType<typeof startWorklistServer>>
  const start = async (data?: string) => { clinic = await startAppliance({ ...(data ? { data } : {}), args: ['--config', join(folder, 'site.json')] }) }
  /** What an X-ray machine's screen shows. */
  const asked = async (): Promise<string> => {
    const { stdout, stderr } = await run('findscu', ['-W', '-aet', 'XRAY1', '-aec', clinic.dicom.aeTitle, ...KEYS.flatMap((key) => ['-k', key]), clinic.dicom.host, String(clinic.dicom.port)])
    return stdout + stderr
  }
  const ordered = (id: string): Promise<string> => waitFor(async () => {
    const answer = await asked()
    return answer.includes('ACC-C17') && answer.includes(`[${id}`) ? answer : undefined
  }, { timeoutMs: 20_000, hint: () => clinic.output() })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-centre-'))
    centre = await startWorklistServer(folder, [{ id: 'C17', day: today, study: '2.25.17' }])
    await writeFile(join(folder, 'site.json'), JSON.stringify({ devices: [{ id: 'dicom', kind: 'dicom', options: { host: '127.0.0.1', port: 0, aeTitle: 'CLINIC' } }], worklist: { host: '127.0.0.1', port: centre.port, aeTitle: 'CENTRE' } }))
    await start()
  }, 60_000)
  afterAll(async () => {
    await clinic.stop()
    await centre.stop()
    await removeData(clinic)
    await rm(folder, { recursive: true, force: true })
  })

  it('reaches the device under the registered person, after a power cut without a link too, and its image comes back to them', async () => {
    await ordered('C17')
    const nurse = await clinic.token('operator')
    const answer = await fetch(`${clinic.url}/api/v1/patients`, {
      method: 'POST', body: JSON.stringify({ name: 'Phantom Asa', identifier: 'C 17', sex: 'F' }), headers: { authorization: `Bearer ${nurse}`, 'content-type': 'application/json' }
    })
    const { patient: { id } } = (await answer.json()) as { patient: { id: string } }
    await clinic.pullPlug()
    await centre.stop()
    await start(clinic.data)
    const line = await ordered(id)
    expect(line).toContain('[2.25.17')
    expect(line.match(/\(0020,000d\)/g)).toHaveLength(1)

    const film = join(folder, 'film.dcm')
    await writeFile(film, makeDicom({ sopInstanceUid: `2.25.${process.pid}17`, patientId: id, patientName: 'Phantom Asa', modality: 'DX', extra: [{ tag: 0x0020000d, vr: 'UI', value: '2.25.17' }] }))
    await run('storescu', ['-aet', 'XRAY1', '-aec', 'CLINIC', clinic.dicom.host, String(clinic.dicom.port), film])
    const { studies: [study] } = await clinic.api<{ studies: { id: string }[] }>('/api/v1/studies')
    expect(await clinic.api(`/api/v1/studies/${study!.id}`)).toMatchObject({ patientId: id, dicom: { studyInstanceUid: '2.25.17' } })
  }, 90_000)
})
