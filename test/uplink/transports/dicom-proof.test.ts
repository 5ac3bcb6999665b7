import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeObject } from '../../../src/dicom/codec.js'
import { echo } from '../../../src/dicom/dimse-client.js'
import { systemClock } from '../../../src/platform/clock.js'
import { dicomTransport } from '../../../src/uplink/transports/dicom.js'
import type { Cargo, Held, Transport } from '../../../src/uplink/transports/transport.js'
import { waitFor } from '../../flows/appliance.js'
import { freePort } from '../../flows/orthanc.js'
import { describeWith, peerPath } from '../../flows/peers.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
const held = (uid: string, more: Partial<Held> = {}): Held => ({ sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: uid, studyInstanceUid: '2.25.500', seriesInstanceUid: '2.25.501', ...more })
const cargoOf = (uid: string): Cargo => ({
  mediaType: 'application/dicom', kind: 'image', studyId: '20260304-7Q2MNB4X', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: uid, transferSyntaxUid: '1.2.840.10008.1.2.1',
  file: writeObject({ SOPClassUID: SECONDARY_CAPTURE, SOPInstanceUID: uid, StudyInstanceUID: '2.25.500', SeriesInstanceUID: '2.25.501', PatientID: 'PHANTOM', PatientName: 'Phantom', StudyDate: '', StudyTime: '', AccessionNumber: '', StudyID: '1', SeriesNumber: 1, InstanceNumber: 1, Modality: 'OT' })
})

describeWith(['dcmqrscp'], 'a PACS without storage commitment', () => {
  let folder: string
  let transport: Transport
  let stop: () => Promise<void>
  const signal = new AbortController().signal

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcmqrscp-'))
    await mkdir(join(folder, 'db'))
    const port = await freePort()
    await writeFile(join(folder, 'dcmqrscp.cfg'), [
      `NetworkTCPPort = ${port}`, 'MaxPDUSize = 16384', 'MaxAssociations = 16', 'HostTable BEGIN', 'HostTable END', 'VendorTable BEGIN', 'VendorTable END',
      'AETable BEGIN', `ARCHIVE ${join(folder, 'db')} RW (200, 1024mb) ANY`, 'AETable END', ''
    ].join('\n'))
    const child = spawn(peerPath('dcmqrscp')!, ['-c', join(folder, 'dcmqrscp.cfg')], { stdio: 'ignore' })
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    stop = async () => { child.kill('SIGKILL'); await gone }
    const peer = { host: '127.0.0.1', port, calledAe: 'ARCHIVE', callingAe: 'SCREENPOST', timeoutMs: 2_000 }
    await waitFor(async () => (await echo(peer)).ok || undefined, { timeoutMs: 30_000, hint: () => 'dcmqrscp does not answer' })
    transport = dicomTransport.open({ host: '127.0.0.1', port, aeTitle: 'ARCHIVE', callingAeTitle: 'SCREENPOST' }, { clock: systemClock, stateFolder: folder, confirmed: () => undefined })
  }, 60_000)
  afterAll(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('is asked whether it lists what it took, and what it does not have is said', { timeout: 60_000 }, async () => {
    const { answers } = await transport.send([cargoOf('2.25.601'), cargoOf('2.25.602')], { leastBytesPerSecond: 1000, signal, pace: () => Promise.resolve() })
    expect(answers.map(({ kind }) => kind)).toEqual(['stored', 'stored'])
    const found = await transport.confirm!([held('2.25.601'), held('2.25.602'), held('2.25.603')], signal)
    expect(found).toEqual({ ok: true, value: { committed: ['2.25.601', '2.25.602'], missing: ['2.25.603'], proof: 'listed' } })
  })

  it('says nothing of an object that nobody can name', { timeout: 60_000 }, async () => {
    const { studyInstanceUid: _study, ...nameless } = held('2.25.601')
    expect(await transport.confirm!([nameless], signal)).toEqual({ ok: true, value: { committed: [], missing: [], proof: 'listed' } })
  })

  it('says in a dry run what it takes, and that it promises nothing', { timeout: 60_000 }, async () => {
    const takes = await transport.dryRun!([{ sopClassUid: SECONDARY_CAPTURE, transferSyntaxUid: '1.2.840.10008.1.2.1' }], signal)
    expect(takes.ok && takes.value.map(({ what, ok, detail }) => [what, ok, detail.split(';')[0]])).toEqual([['Secondary Capture', true, 'taken'], ['Storage Commitment', true, 'not offered']])
  })
})
