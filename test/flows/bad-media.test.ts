import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { removeData, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith } from './peers.js'
import { chestDicom, fundusJpeg } from './pictures.js'

type Detail = { id: string; state: string; failure?: { code: string } | null; deliveries?: Delivery[]; history?: { event: string }[] }

describeWith(['Orthanc', 'storescu'], 'a rotten disk', () => {
  let appliance: RunningAppliance
  let pacs: RunningOrthanc
  let clinician: { authorization: string }

  beforeAll(async () => {
    const port = await freePort()
    pacs = await startOrthanc({ appliancePort: port, configuration: { DicomAlwaysAllowGet: true } })
    const site = join(await temporaryData(), 'site.json')
    await writeFile(site, JSON.stringify({ destinations: [{ id: 'pacs', kind: 'dicom', host: '127.0.0.1', port: pacs.dicomPort, aeTitle: 'ORTHANC', recompress: false }] }))
    appliance = await startAppliance({ env: { SCREENPOST_DICOM_PORT: String(port) }, args: ['--config', site] })
    clinician = { authorization: `Bearer ${await appliance.token('clinician')}` }
  }, 90_000)
  afterAll(async () => {
    await appliance?.stop()
    await pacs?.stop()
    if (appliance) await removeData(appliance)
    if (pacs) await removeOrthanc(pacs)
  })

  const folderOf = (id: string): string => join(appliance.data, 'studies', id.slice(0, 4), id.slice(4, 6), id)
  const objectOf = async (id: string): Promise<string> => join(folderOf(id), (await readdir(folderOf(id))).find((name) => /^[0-9a-f]{64}\./.test(name))!)
  const imageCommitted = (id: string) => waitFor(async () => {
    const { deliveries = [] } = await appliance.api<Detail>(`/api/v1/studies/${id}`)
    return deliveries.some(({ kind, state }) => kind === 'image' && state === 'committed') || undefined
  }, { timeoutMs: 60_000, hint: () => appliance.output().slice(-3000) })
  const rot = async (path: string): Promise<Buffer> => {
    const whole = await readFile(path)
    const rotten = Buffer.from(whole)
    rotten[Math.floor(whole.length / 2)]! ^= 1
    await writeFile(path, rotten)
    return whole
  }

  // Compressed on its way, an image comes back with the same samples in other bytes and stands in for the received ones.
  it.each(['film', 'photograph'])('a damaged %s is not judged again: it comes back from the PACS bit for bit, and is read', { timeout: 120_000 }, async (kind) => {
    const before = (await appliance.api<{ studies: unknown[] }>('/api/v1/studies')).studies.length
    const form = new FormData()
    const bytes = kind === 'film' ? await chestDicom(7, { width: 600, height: 500 }) : await fundusJpeg(5)
    form.append('file', new Blob([new Uint8Array(bytes)]), 'image')
    expect((await fetch(`${appliance.url}/api/v1/uploads`, { method: 'POST', headers: clinician, body: form })).status).toBe(200)
    const id = (await settledStudies(appliance, before + 1)).find((study) => !seen.has(study.id))!.id
    seen.add(id)
    await imageCommitted(id)
    const path = await objectOf(id)
    const whole = await rot(path)
    expect((await fetch(`${appliance.url}/api/v1/studies/${id}/retry`, { method: 'POST', headers: { ...clinician, 'content-type': 'application/json' }, body: '{}' })).status).toBeLessThan(300)
    await waitFor(async () => ((await readFile(path).catch(() => undefined))?.equals(whole) ? true : undefined), { timeoutMs: 30_000, hint: () => appliance.output().slice(-3000) })
    await waitFor(async () => {
      const study = await appliance.api<Detail>(`/api/v1/studies/${id}`)
      return study.state !== 'received' && study.state !== 'analysing' && !study.failure ? true : undefined
    }, { timeoutMs: 30_000, hint: () => appliance.output().slice(-3000) })
    // Asked once: the results of other studies may still be arriving.
    const uids = (await pacs.instances()).map(({ uid }) => uid)
    expect(uids).toHaveLength(new Set(uids).size)
  })
  const seen = new Set<string>()

  it('a damaged image that no archive has is named on the page', { timeout: 60_000 }, async () => {
    const headers = { ...clinician, accept: 'text/html' }
    await pacs.stop()
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(await fundusJpeg(9))]), 'eye.jpg')
    const { files } = (await (await fetch(`${appliance.url}/api/v1/uploads`, { method: 'POST', headers: clinician, body: form })).json()) as { files: [{ studyId: string }] }
    const [{ studyId }] = files
    await waitFor(async () => ((await appliance.api<Detail>(`/api/v1/studies/${studyId}`)).state === 'received' ? undefined : true), { timeoutMs: 30_000, hint: () => '' })
    await rot(await objectOf(studyId))
    await fetch(`${appliance.url}/api/v1/studies/${studyId}/retry`, { method: 'POST', headers: { ...clinician, 'content-type': 'application/json' }, body: '{}' })
    await waitFor(async () => ((await (await fetch(`${appliance.url}/system`, { headers })).text()).includes(`Study ${studyId}: its image is damaged`) ? true : undefined), { timeoutMs: 30_000, hint: () => appliance.output().slice(-3000) })
  })
})
