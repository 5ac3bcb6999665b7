import { createHash } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDicom, makeDataSet } from '../generators/dicom.js'
import { removeData, run, settledStudies, startAppliance, temporaryData } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { describeWith, peerPath } from './peers.js'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

type StudyDetail = { object: { fingerprint: string; sha256: string; name: string } }

describeWith(['storescu', 'dcmdump'], 'after the power cut the list is not empty', () => {
  let appliance: RunningAppliance
  const films = Array.from({ length: 6 }, (_, index) => ({
    sopInstanceUid: `2.25.91${index}`, columns: 200, rows: 160 + index, modality: 'CR', bodyPart: 'CHEST'
  }))

  beforeAll(async () => { appliance = await startAppliance() })
  afterAll(async () => {
    await appliance?.stop()
    if (appliance) await removeData(appliance)
  })

  const send = async (): Promise<void> => {
    const folder = await temporaryData()
    const files = await Promise.all(films.map(async (film, index) => {
      const path = join(folder, `${index}.dcm`)
      await writeFile(path, makeDicom(film))
      return path
    }))
    await run(peerPath('storescu')!, ['-aec', appliance.dicom.aeTitle, appliance.dicom.host, String(appliance.dicom.port), ...files])
  }

  it('keeps every acknowledged object bit for bit when the plug is pulled right after the last acknowledgement', async () => {
    await send()
    await appliance.pullPlug()
    appliance = await startAppliance({ data: appliance.data })
    const studies = await settledStudies(appliance, films.length)
    const fingerprints = await Promise.all(studies.map(async ({ id }) => (await appliance.api<StudyDetail>(`/api/v1/studies/${id}`)).object))
    expect(fingerprints.map((object) => object.fingerprint).sort()).toEqual(films.map((film) => sha256(makeDataSet(film))).sort())
    for (const object of fingerprints) expect(sha256(await readFile(await locate(appliance.data, object.name)))).toBe(object.sha256)
  })

  it('takes the same objects again as the same objects', async () => {
    await send()
    await new Promise((next) => setTimeout(next, 500))
    expect((await settledStudies(appliance, films.length)).length).toBe(films.length)
  })
})

async function locate(data: string, name: string): Promise<string> {
  const found = (await readdir(join(data, 'studies'), { recursive: true })).find((path) => path.endsWith(name))
  if (!found) throw new Error(`no file ${name} under studies/`)
  return join(data, 'studies', found)
}
