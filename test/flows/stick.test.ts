import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { newIdentity, recipientOf } from '../../src/uplink/transports/folder/seal.js'
import { sampleStudy } from '../report/sample-study.js'
import { newStudy, openStore } from '../store/studies.js'
import { bin, removeData, run, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { freePort, removeOrthanc, startOrthanc } from './orthanc.js'
import type { RunningOrthanc } from './orthanc.js'
import { describeWith } from './peers.js'
import { fundusJpeg } from './pictures.js'

const MOST_MS = 120_000

const cli = async (...args: string[]): Promise<{ code: number; text: string }> => {
  try {
    const { stdout, stderr } = await run(process.execPath, [bin, ...args], { timeout: MOST_MS })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string }
    return { code: failed.code, text: failed.stdout + failed.stderr }
  }
}

describeWith(['Orthanc', 'age'], 'a clinic without any link sends its results with a stick', () => {
  let appliance: RunningAppliance
  let pacs: RunningOrthanc
  let centre: string
  let stick: string
  let recipient: string
  let dicomPort: number

  beforeAll(async () => {
    dicomPort = await freePort()
    pacs = await startOrthanc({ appliancePort: dicomPort, configuration: { DicomModalities: { relay: { AET: 'SCREENPOSTRELAY', Host: '127.0.0.1', Port: dicomPort, AllowStorageCommitment: true } } } })
    centre = await temporaryData()
    stick = await temporaryData()
    const made = await cli('receive', '--new-identity', join(centre, 'key.txt'))
    recipient = made.text.trim().split('\n').at(-1)!
  }, 90_000)
  afterAll(async () => {
    await appliance?.stop()
    await pacs?.stop()
    if (appliance) await removeData(appliance)
    if (pacs) await removeOrthanc(pacs)
    for (const folder of [centre, stick]) await rm(folder, { recursive: true, force: true })
  })

  const take = () => cli('receive', '--import', stick, '--identity', join(centre, 'key.txt'), '--data', join(centre, 'relay'), '--pacs', `ORTHANC@127.0.0.1:${pacs.dicomPort}`, '--dicom-port', String(dicomPort), '--wait', '40')

  it('by command: out, in and back', { timeout: 400_000 }, async () => {
    expect(recipient).toMatch(/^age1[a-z0-9]+$/)
    appliance = await startAppliance()
    await writeFile(join(appliance.data, 'inbox', 'eye.jpg'), await fundusJpeg(3))
    await settledStudies(appliance, 1)
    const inUse = await cli('export', '--data', appliance.data, '--to', stick, '--recipient', recipient, '--same-disk')
    expect(inUse.code).toBe(1)
    await appliance.stop()
    expect((await cli('export', '--data', appliance.data, '--to', stick, '--recipient', recipient)).text).toContain('There is no stick')
    const out = await cli('export', '--data', appliance.data, '--to', stick, '--recipient', recipient, '--same-disk', '--clinic', 'hill')
    expect(out).toMatchObject({ code: 0, text: expect.stringMatching(/on the stick [3-6], committed 0, need a person 0/) as string })
    const taken = await take()
    expect(taken).toMatchObject({ code: 0, text: expect.stringMatching(/hill .*: taken [3-6], known 0, committed [3-6], held 0, refused 0/) as string })
    expect((await pacs.instances()).length).toBeGreaterThanOrEqual(3)
    expect(await cli('import-receipts', stick, '--data', appliance.data)).toMatchObject({ code: 0, text: expect.stringMatching(/committed [3-6], held by the relay 0, refused 0, without a word 0/) as string })
    expect(await cli('export', '--data', appliance.data, '--to', stick, '--recipient', recipient, '--same-disk', '--clinic', 'hill')).toMatchObject({ code: 0, text: expect.stringMatching(/committed [3-6]/) as string })
  })

  it('by itself, when the stick is plugged in and comes back', { timeout: 400_000 }, async () => {
    const slot = join(stick, 'slot')
    const site = join(centre, 'site.json')
    await writeFile(site, JSON.stringify({ destinations: [{ id: 'stick', kind: 'folder', folder: slot, recipient, clinic: 'hill', sameDisk: true }] }))
    appliance = await startAppliance({ data: appliance.data, args: ['--config', site] })
    await writeFile(join(appliance.data, 'inbox', 'other.jpg'), await fundusJpeg(2))
    const [newest] = (await settledStudies(appliance, 2)).slice().sort((a, b) => b.id.localeCompare(a.id))
    const deliveries = async (): Promise<Delivery[]> => ((await Promise.all((await settledStudies(appliance, 2)).map(({ id }) => appliance.api<{ deliveries?: Delivery[] }>(`/api/v1/studies/${id}`)))).flatMap(({ deliveries: all = [] }) => all)).filter(({ state }) => state !== 'superseded')
    expect(newest).toBeDefined()
    await mkdir(slot)
    const state = (name: Delivery['state']) => waitFor(async () => {
      const all = await deliveries()
      return all.length >= 6 && all.every((one) => one.state === name || one.state === 'committed') ? all : undefined
    }, { timeoutMs: 90_000, hint: () => appliance.output().slice(-3000) })
    await state('accepted')
    const exports = await readdir(join(slot, 'screenpost'))
    expect(exports).toHaveLength(1)
    await rm(join(stick, 'screenpost'), { recursive: true, force: true })
    const taken = await cli('receive', '--import', slot, '--identity', join(centre, 'key.txt'), '--data', join(centre, 'relay'), '--pacs', `ORTHANC@127.0.0.1:${pacs.dicomPort}`, '--dicom-port', String(dicomPort), '--wait', '40')
    expect(taken.code).toBe(0)
    await state('committed')
    expect(await readFile(join(centre, 'key.txt'), 'utf8')).toMatch(/^AGE-SECRET-KEY-1/)
  })
})

describe('what waits for an answer of a nurse when the stick is written by command', () => {
  it('stays behind, is said, and holds nobody up beside the stick', { timeout: 2 * MOST_MS }, async () => {
    const [data, stick] = [await temporaryData(), await temporaryData()]
    const store = await openStore(data)
    const { id } = await store.create(await newStudy(data))
    const { reading, triage, dicom } = sampleStudy
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({
      ...study, state: 'ready', modality: 'fundus', reading: reading!, triage: triage!, dicom: { ...dicom!, laterality: 'L' }, questions: [{ code: 'laterality-conflict', text: 'Choose the eye.' }]
    }))
    await store[Symbol.asyncDispose]()
    const out = await cli('export', '--data', data, '--to', stick, '--recipient', await recipientOf(await newIdentity()), '--same-disk')
    expect(out).toMatchObject({ code: 1, text: expect.stringMatching(/on the stick 2, committed 0, need a person 0, held back 1: a nurse is asked of which eye/) as string })
    for (const folder of [data, stick]) await rm(folder, { recursive: true, force: true })
  })
})
