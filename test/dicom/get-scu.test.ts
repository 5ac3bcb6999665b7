import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { echo } from '../../src/dicom/dimse-client.js'
import { getObject } from '../../src/dicom/get-scu.js'
import { storeObjects } from '../../src/dicom/store-scu.js'
import { TRANSFER_SYNTAX } from '../../src/dicom/uids.js'
import { makeDataSet, makeDicom } from '../generators/dicom.js'
import { waitFor } from '../flows/appliance.js'
import { describeWith, peerPath } from '../flows/peers.js'

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})

describeWith(['Orthanc'], 'C-GET from Orthanc', () => {
  let folder: string
  let orthanc: ChildProcess
  let port: number
  const times = { connectMs: 5000, answerMs: 20_000, leastBytesPerSecond: 10_000 }
  const film = { sopInstanceUid: '2.25.4711', studyInstanceUid: '2.25.47', seriesInstanceUid: '2.25.471', modality: 'CR', columns: 400, rows: 320, bitsAllocated: 8 as const, pixels: new Uint8Array(400 * 320).fill(9) }
  const wanted = {
    sopClassUid: '1.2.840.10008.5.1.4.1.1.1', sopInstanceUid: film.sopInstanceUid, studyInstanceUid: film.studyInstanceUid, seriesInstanceUid: film.seriesInstanceUid,
    transferSyntaxUids: [TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.implicitLittleEndian], mostBytes: 10_000_000
  }
  const peer = () => ({ host: '127.0.0.1', port, calledAe: 'ORTHANC', callingAe: 'SCREENPOST' })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-get-'))
    await mkdir(join(folder, 'db'))
    port = await freePort()
    await writeFile(join(folder, 'orthanc.json'), JSON.stringify({ StorageDirectory: join(folder, 'db'), IndexDirectory: join(folder, 'db'), HttpServerEnabled: false, DicomPort: port, DicomAet: 'ORTHANC', DicomAlwaysAllowStore: true, DicomAlwaysAllowGet: true, Plugins: [] }))
    orthanc = spawn(peerPath('Orthanc')!, [join(folder, 'orthanc.json')], { stdio: 'ignore' })
    await waitFor(async () => ((await echo({ ...peer(), timeoutMs: 1000 })).ok ? true : undefined), { timeoutMs: 20_000, hint: () => 'Orthanc does not answer' })
    const sent = await storeObjects(peer(), [{ sopClassUid: wanted.sopClassUid, sopInstanceUid: film.sopInstanceUid, transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian, file: makeDicom(film) }], times)
    expect(sent.outcomes).toEqual([{ kind: 'answered', status: 0 }])
  }, 40_000)
  afterAll(async () => {
    const gone = new Promise((resolve) => { orthanc.once('exit', resolve) })
    orthanc.kill()
    await gone
    await rm(folder, { recursive: true, force: true })
  })

  it('gives an object back bit for bit', async () => {
    const got = await getObject(peer(), wanted, times)
    expect(got).toMatchObject({ ok: true, value: { transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian } })
    if (got.ok) expect(got.value.dataSet.equals(makeDataSet(film))).toBe(true)
  })

  it('says so when the archive has no such object', async () => {
    expect(await getObject(peer(), { ...wanted, sopInstanceUid: '2.25.1' }, times)).toMatchObject({ ok: false })
  })
})
