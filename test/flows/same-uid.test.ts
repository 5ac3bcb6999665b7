import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { makeDicom } from '../generators/dicom.js'
import { removeData, run, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith, peerPath } from './peers.js'

const UID = '1.2.826.0.1.3680043.2.1125.72'
type Detail = { id: string; dicom: { patientName: string; studyInstanceUid: string }; deliveries?: Delivery[] }
type Tags = { PatientName: string; SOPInstanceUID: string; StudyInstanceUID: string; OriginalAttributesSequence?: { ModifiedAttributesSequence: Tags[] }[] }

describeWith(['Orthanc', 'storescu'], 'two films that came under one UID', () => {
  let appliance: RunningAppliance
  let pacs: RunningOrthanc

  beforeAll(async () => {
    const receivePort = await freePort()
    pacs = await startOrthanc({ appliancePort: receivePort })
    const folder = await temporaryData()
    await writeFile(join(folder, 'site.json'), JSON.stringify({ destinations: [{ id: 'pacs', kind: 'dicom', host: '127.0.0.1', port: pacs.dicomPort, aeTitle: 'ORTHANC' }] }))
    appliance = await startAppliance({ env: { SCREENPOST_DICOM_PORT: String(receivePort) }, args: ['--config', join(folder, 'site.json')] })
    for (const [index, patientName] of ['Film^First', 'Film^Second'].entries()) {
      const path = join(folder, `${index}.dcm`)
      await writeFile(path, makeDicom({ columns: 300, rows: 300, modality: 'CR', bodyPart: 'CHEST', sopInstanceUid: UID, patientId: '333', patientName, pixels: new Uint16Array(300 * 300).fill(900 + index) }))
      await run(peerPath('storescu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(receivePort), path])
      await settledStudies(appliance, index + 1)
    }
  }, 120_000)
  afterAll(async () => {
    await appliance?.stop()
    await pacs?.stop()
    if (appliance) await removeData(appliance)
    if (pacs) await removeOrthanc(pacs)
  })

  it('are both in the PACS, in studies of their own, and each is kept for what it is', { timeout: 90_000 }, async () => {
    const details = await waitFor(async () => {
      const all = await Promise.all((await settledStudies(appliance, 2)).map(({ id }) => appliance.api<Detail>(`/api/v1/studies/${id}`)))
      return all.every(({ deliveries = [] }) => deliveries.length > 0 && deliveries.every(({ state }) => state === 'committed')) ? all : undefined
    }, { timeoutMs: 60_000, hint: () => appliance.output().slice(-3000) })
    const tags = await Promise.all((await pacs.instances()).map(({ id }) => pacs.rest<Tags>(`/instances/${id}/simplified-tags`)))
    for (const { dicom, deliveries } of details) {
      const image = deliveries!.find(({ kind }) => kind === 'image')!
      const there = tags.find(({ SOPInstanceUID }) => SOPInstanceUID === image.sopInstanceUid)!
      expect([there.PatientName, there.StudyInstanceUID]).toEqual([dicom.patientName, image.studyInstanceUid])
      expect(tags.filter(({ StudyInstanceUID }) => StudyInstanceUID === image.studyInstanceUid).length).toBe(deliveries!.length)
      const old = there.OriginalAttributesSequence?.[0]?.ModifiedAttributesSequence[0]
      expect([old?.SOPInstanceUID, old?.StudyInstanceUID]).toEqual(dicom.patientName === 'Film^First' ? [undefined, undefined] : [UID, dicom.studyInstanceUid])
    }
  })
})
