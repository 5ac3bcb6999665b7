import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packLines, pointLines, sizeLines } from '../../src/cli/doctor-packs.js'
import { sameKindSentence } from '../../src/cli/same-kind.js'
import { MOST_MODEL_BYTES } from '../../src/inference/model-size.js'
import { checkPacks } from '../../src/inference/packs.js'
import { writeSiteThreshold } from '../../src/inference/site-thresholds.js'
import { PackShelf } from '../../src/pipeline/reader/pack-shelf.js'
import { fundusPack, packsForTests, writePack } from '../inference/pack-folder.js'

let folder: string
beforeEach(async () => { folder = await packsForTests() })
afterEach(() => rm(folder, { recursive: true }))

async function said(thresholdsFolder?: string): Promise<Record<string, string>> {
  const shelf = await PackShelf.open(folder, { thresholdsFolder })
  await shelf.loadAll()
  const lines = packLines({ packs: shelf.states(), provider: shelf.provider })
  await shelf.unload()
  return Object.fromEntries(lines.map(({ check, ok, detail }) => [check, `${ok ? 'ok' : 'PROBLEM'}: ${detail}`]))
}

describe('what doctor says of the packs', () => {
  it('is that an older version in order does not serve, which is no problem', async () => {
    await writePack(folder, { ...fundusPack, version: '1.1.0' })
    expect(await said()).toMatchObject({
      'pack dr-fundus 1.1.0': expect.stringMatching(/^ok: in service on cpu, golden vectors agree; reads fundus$/) as string,
      'pack dr-fundus 1.0.0': 'ok: older than 1.1.0, which serves'
    })
  })
  it('is that a version waits for its threshold only where none newer serves', async () => {
    await writePack(folder, { ...fundusPack, version: '1.1.0', model: { ...fundusPack.model, bias: [2, 1, 0, -2] } })
    const checks = (await checkPacks(folder)).filter(({ id }) => id === 'dr-fundus')
    const fittedOn = (version: string) => writeSiteThreshold(join(folder, 'thresholds'), {
      formatVersion: 1, pack: 'dr-fundus', version, modelSha256: checks.find((each) => each.version === version)!.sha256!, at: '2026-03-01T00:00:00.000Z', by: 'A. Clinician', thresholds: { 'dr-referable': 0.2 }, evidence: {}, confirmed: []
    })
    await fittedOn('1.1.0')
    expect((await said(join(folder, 'thresholds')))['pack dr-fundus 1.0.0']).toBe('ok: older than 1.1.0, which serves')
    await fittedOn('1.0.0')
    expect(await said(join(folder, 'thresholds'))).toMatchObject({
      'pack dr-fundus 1.1.0': expect.stringMatching(/^PROBLEM: .*fitted its threshold on version 1.0.0/) as string, 'pack dr-fundus 1.0.0': expect.stringMatching(/^ok: in service/) as string
    })
  })
  it('is which of two packs for one kind reads', async () => {
    await writePack(folder, { ...fundusPack, id: 'cataract-hosp' })
    expect(await said()).toMatchObject({
      'pack cataract-hosp 1.0.0': 'ok: in service on cpu, golden vectors agree; reads fundus',
      'pack dr-fundus 1.0.0': expect.stringContaining('ok: in order on cpu, golden vectors agree, but cataract-hosp reads fundus') as string,
      'pack image-gate 1.0.0': 'ok: in service on cpu, golden vectors agree'
    })
  })
  it('is that the site file names an operating point which the one in service lacks', async () => {
    const shelf = await PackShelf.open(folder)
    expect(pointLines({ 'tb-chest': 'strict' }, shelf.states())).toEqual([])
    expect(pointLines({ 'tb-chest': 'lenient' }, shelf.states())).toMatchObject([{ check: 'operatingPoints.tb-chest', ok: false, detail: expect.stringContaining('screening, strict') as string }])
  })
})

describe('a large model', () => {
  it('is remarked on, and no problem', async () => {
    await truncate(join(folder, 'dr-fundus/1.0.0/model.onnx'), MOST_MODEL_BYTES + 1)
    expect(await sizeLines(folder, [{ id: 'dr-fundus', version: '1.0.0' }, { id: 'tb-chest', version: '1.0.0' }])).toEqual([
      { check: 'model of dr-fundus 1.0.0', ok: true, detail: expect.stringContaining('its model has 15.0 MB') as string }
    ])
  })
})

describe('what new-pack says of the other packs for its kind', () => {
  it('is which one reads, and nothing where it is the only one', async () => {
    const sentence = async (): Promise<string> => {
      const checks = await checkPacks(folder)
      return sameKindSentence(checks.find(({ id }) => id === 'dr-fundus')!.manifest!, checks)
    }
    expect(await sentence()).toBe('')
    await writePack(folder, { ...fundusPack, id: 'cataract-hosp' })
    expect(await sentence()).toContain('cataract-hosp reads every fundus image and dr-fundus none')
  })
})
