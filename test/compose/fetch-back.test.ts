import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFetchBack } from '../../src/compose/fetch-back.js'
import type { Delivery } from '../../src/domain/delivery.js'
import type { Study } from '../../src/domain/study.js'
import { makeDicom } from '../generators/dicom.js'
import { freePort, removeOrthanc, startOrthanc } from '../flows/orthanc.js'
import type { RunningOrthanc } from '../flows/orthanc.js'
import { describeWith } from '../flows/peers.js'
import { sampleStudy } from '../report/sample-study.js'
import { delivery, pacsAt } from '../uplink/samples.js'

const UID = '2.25.4711'
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describeWith(['Orthanc'], 'an image that is fetched back', () => {
  let orthanc: RunningOrthanc
  let folder: string
  const image: Delivery = { ...delivery, kind: 'image', sopClassUid: '1.2.840.10008.5.1.4.1.1.1', sopInstanceUid: UID, studyInstanceUid: '2.25.108', seriesInstanceUid: '2.25.109', state: 'committed' }
  const one: Study = { ...sampleStudy, object: { ...sampleStudy.object, content: 'dicom', sopInstanceUid: UID }, deliveries: [image] }
  const fetchOf = (other: Study, path = 'lost.dcm', study = one) => createFetchBack({
    destinations: [{ ...pacsAt(orthanc.dicomPort), overreads: false, priors: 0, policy: { onlyUnmetered: false, holdUnattachedHours: 0 } }], spoolFolder: folder,
    store: { objectPath: () => join(folder, path), findBySopInstanceUid: () => [one.id, other.id], read: (id) => Promise.resolve(id === one.id ? study : other) }
  })(study)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-fetch-'))
    orthanc = await startOrthanc({ appliancePort: await freePort() })
    await writeFile(join(folder, 'lost.dcm'), 'lost')
    expect((await fetch(`${orthanc.url}/instances`, { method: 'POST', body: new Uint8Array(makeDicom({ sopInstanceUid: UID })) })).status).toBe(200)
  }, 60_000)
  afterAll(async () => {
    await orthanc.stop()
    await removeOrthanc(orthanc)
    await rm(folder, { recursive: true, force: true })
  })

  it('comes where nobody else left under its UID, and else not: it may be the other’s', async () => {
    const other: Study = { ...one, id: '20260304-8Q2MNB4X' }
    expect(await fetchOf({ ...other, deliveries: [{ ...image, sopInstanceUid: '2.25.4712' }] })).toMatchObject({ ok: true, value: { from: 'pacs' } })
    expect(await fetchOf({ ...other, deliveries: [{ ...image, state: 'superseded' }] })).toMatchObject({ ok: false, error: { code: 'not-archived' } })
  })

  it('comes all the same where it is the very bytes that were received', async () => {
    const received = makeDicom({ sopInstanceUid: UID })
    const damaged = Buffer.from(received)
    damaged[damaged.length - 1]! ^= 1
    await writeFile(join(folder, 'damaged.dcm'), damaged)
    const study: Study = { ...one, object: { ...one.object, sha256: sha256(received) } }
    expect(await fetchOf({ ...one, id: '20260304-8Q2MNB4X' }, 'damaged.dcm', study)).toMatchObject({ ok: true, value: { sha256: sha256(received), content: 'dicom' } })
  })
})
