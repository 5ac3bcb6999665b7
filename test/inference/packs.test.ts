import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkGolden } from '../../src/inference/golden.js'
import type { PreprocessStep } from '../../src/inference/manifest.js'
import { checkPacks, packsInService } from '../../src/inference/packs.js'
import { openSession } from '../../src/inference/session.js'
import { chestPack, gatePack, packsForTests, temporaryPacks, writeJson, writePack } from './pack-folder.js'

let packs: string
beforeEach(async () => { packs = await packsForTests() })
const chest = (): string => join(packs, 'tb-chest', '1.0.0')
const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'))
const codes = async () => Object.fromEntries((await checkPacks(packs)).map(({ id, version, problem }) => [`${id}/${version}`, problem?.code]))

describe('checking packs', () => {
  it('finds every pack in order', async () => {
    expect(await codes()).toEqual({ 'dr-fundus/1.0.0': undefined, 'image-gate/1.0.0': undefined, 'tb-chest/1.0.0': undefined })
  })

  it('puts a pack whose model was changed out of service, and only that one', async () => {
    await appendFile(join(chest(), 'model.onnx'), 'x')
    expect(await codes()).toMatchObject({ 'tb-chest/1.0.0': 'pack-hash-mismatch', 'dr-fundus/1.0.0': undefined })
    expect(packsInService(await checkPacks(packs)).map(({ id }) => id)).toEqual(['dr-fundus', 'image-gate'])
  })

  it('refuses thresholds that were fitted on another model', async () => {
    const path = join(chest(), 'operating-points.json')
    await writeJson(path, { ...await json(path), modelSha256: '0'.repeat(64) })
    expect(await codes()).toMatchObject({ 'tb-chest/1.0.0': 'pack-operating-points-stale' })
  })

  it('refuses a finding without a threshold', async () => {
    const path = join(chest(), 'operating-points.json')
    await writeJson(path, { ...await json(path), points: [] })
    expect(await codes()).toMatchObject({ 'tb-chest/1.0.0': 'pack-operating-point-missing' })
  })

  it.each([['dr-fundus', 'dr-referable'], ['tb-chest', 'tb']])('refuses %s that does not look for what its clear verdict denies', async (id, code) => {
    const path = join(packs, id, '1.0.0', 'manifest.json')
    const manifest = await json(path) as { findings: { code: string }[] }
    const kept = [...manifest.findings.filter((finding) => finding.code !== code), { ...manifest.findings[0]!, code: 'dr-vision-threatening' }]
    await writeJson(path, { ...manifest, findings: kept })
    const found = (await checkPacks(packs)).find((one) => one.id === id)
    expect(found?.problem).toMatchObject({ code: 'pack-finding-missing', message: expect.stringContaining(code) as string })
    expect(packsInService(await checkPacks(packs)).map((one) => one.id)).not.toContain(id)
  })

  it.each([['manifest.json', 'pack-unreadable'], ['model.onnx', 'pack-model-missing'], ['operating-points.json', 'pack-unreadable']])('says what is wrong when %s is missing', async (file, code) => {
    await rm(join(chest(), file))
    expect(await codes()).toMatchObject({ 'tb-chest/1.0.0': code })
  })

  it('names the field of a manifest that is wrong', async () => {
    const path = join(chest(), 'manifest.json')
    await writeJson(path, { ...await json(path), task: 'guessing' })
    const found = (await checkPacks(packs)).find(({ id }) => id === 'tb-chest')
    expect(found?.problem?.message).toContain('manifest.json: task')
  })

  it.each([
    ['another size than the input', (steps: PreprocessStep[]) => steps.map((step) => (step.step === 'resize' ? { ...step, height: 31 } : step)), 'makes 32 x 31, and input says 32 x 32'],
    ['a crop after the last resize', (steps: PreprocessStep[]) => [...steps.slice(0, -1), { step: 'crop-centre', fraction: 0.9 }, steps.at(-1)], 'must be a resize to 32 x 32'],
    ['no tensor', (steps: PreprocessStep[]) => steps.slice(0, -1), 'must be to-tensor'],
    ['six channels and a step that takes none of six', (steps: PreprocessStep[]) => [{ step: 'add-equalised', mask: 'all', threshold: 0 }, ...steps], 'put pad-square before it'],
    ['another number of channels', (steps: PreprocessStep[]) => steps.map((step) => (step.step === 'to-tensor' ? { ...step, mean: [0] } : step)), 'need 3 values']
  ])('refuses steps that end in %s', async (_, change, said) => {
    const path = join(chest(), 'manifest.json')
    const manifest = (await json(path)) as { preprocess: PreprocessStep[] }
    await writeJson(path, { ...manifest, preprocess: change(manifest.preprocess) })
    expect((await checkPacks(packs)).find(({ id }) => id === 'tb-chest')?.problem?.message).toContain(said)
  })

  it('serves the newest version by number, and an older one while the newest is broken', async () => {
    await writePack(packs, { ...chestPack, version: '1.10.0' })
    await writePack(packs, { ...chestPack, version: '1.9.0' })
    const serving = async () => packsInService(await checkPacks(packs)).find(({ id }) => id === 'tb-chest')?.version
    expect(await serving()).toBe('1.10.0')
    await appendFile(join(packs, 'tb-chest', '1.10.0', 'model.onnx'), 'x')
    expect(await serving()).toBe('1.9.0')
  })

  it('takes an absent or empty folder as no packs', async () => {
    expect(await checkPacks('/nonexistent/packs')).toEqual([])
    expect(await checkPacks(await temporaryPacks())).toEqual([])
  })
})

describe('golden cases', () => {
  const check = async () => {
    const pack = packsInService(await checkPacks(packs)).find(({ id }) => id === 'tb-chest')!
    const session = await openSession(join(pack.folder, 'model.onnx'))
    return checkGolden(pack, session).finally(() => session.release())
  }

  it('pass on the provider in use', async () => { expect(await check()).toBeUndefined() })

  it('fail when the model answers differently', async () => {
    const path = join(chest(), 'golden', 'case-1.json')
    const golden = await json(path)
    await writeJson(path, { ...golden, logits: golden.logits.map((value: number) => value + 0.1) })
    expect(await check()).toMatchObject({ code: 'pack-golden-mismatch', message: expect.stringContaining('on cpu') })
  })

  it('fail when a finding reads a logit that the model does not have: its score would be no number, and never positive', async () => {
    const path = join(chest(), 'manifest.json')
    const manifest = await json(path)
    await writeJson(path, { ...manifest, findings: manifest.findings.map((each: object) => ({ ...each, source: { kind: 'logit', index: 40 } })) })
    expect(await check()).toMatchObject({ code: 'pack-finding-without-logit', message: expect.stringContaining(manifest.findings[0].code) })
  })

  it('fail when a heatmap reads a map that the model does not have: nothing would ever be drawn', async () => {
    const path = join(chest(), 'manifest.json')
    await writeJson(path, { ...await json(path), heatmap: { maps: [5] } })
    expect(await check()).toMatchObject({ code: 'pack-heatmap-without-map', message: expect.stringContaining('map 5 of activation, which the model does not have; it has 1') })
  })

  it('are needed', async () => {
    await rm(join(chest(), 'golden'), { recursive: true })
    expect(await check()).toMatchObject({ code: 'pack-golden-missing' })
  })

  it('refuse a case that is not one', async () => {
    await writeJson(join(chest(), 'golden', 'case-1.json'), { phantom: 'banana' })
    expect(await check()).toMatchObject({ code: 'pack-golden-failed' })
  })
})

describe('a session', () => {
  it('takes the first provider that works and says which', async () => {
    const path = join(packs, gatePack.id, '1.0.0', 'model.onnx')
    const session = await openSession(path)
    expect(session.provider).toBe('cpu')
    const outputs = await session.run('input', { data: new Float32Array(3 * 32 * 32).fill(1), dims: [1, 3, 32, 32] })
    expect(outputs['activation']?.dims).toEqual([1, 3, 4, 4])
    expect(Array.from(outputs['logits']!.data)).toEqual([-1, 0, -1])
    await session.release()
  })

  it('says why no provider takes the model', async () => {
    const path = join(packs, 'broken.onnx')
    await appendFile(path, 'not a model')
    await expect(openSession(path)).rejects.toThrow()
  })
})
