import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { draftPack, manifestOf, readRecipe } from '../../src/cli/draft-pack.js'
import { fitFinding } from '../../src/cli/new-pack.js'
import { atThreshold } from '../../src/evaluate/confusion.js'
import { fitPlatt } from '../../src/evaluate/platt.js'
import { calibrate } from '../../src/inference/calibrate.js'
import { linearModel } from '../generators/onnx.js'

const finding = { code: 'tb', name: 'Signs that fit tuberculosis', source: { kind: 'logit', index: 0 } }
const steps = (size: number) => [{ step: 'pad-square' }, { step: 'resize', width: size, height: size }, { step: 'repeat-channels' }, { step: 'to-tensor', mean: [128, 128, 128], std: [128, 128, 128] }]
const recipe = {
  id: 'tb-stranger', version: '1.0.0', task: 'findings', modality: 'cxr', title: 'A model', input: { name: 'input', channels: 3, height: 32, width: 32 },
  preprocess: steps(32), outputs: { logits: 'logits' }, classes: ['tb'], findings: [finding],
  gate: {}, resolution: { refuseBelow: 128, meantFor: 256 }, intendedUse: 'A test.', limits: [], trainingData: [], trainingResolution: '32 pixels', golden: { tolerance: 0.01 }
}
const refused = (change: object) => () => manifestOf('r.json', { ...recipe, ...change }, 'a'.repeat(64))

describe('a recipe', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-draft-')) })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  it('has no field that nobody would read', () => {
    expect(manifestOf('r.json', recipe, 'a'.repeat(64)).id).toBe('tb-stranger')
    expect(refused({ bogus: 1, gate: { qualityRejectabove: 0.5 } })).toThrow('r.json: gate.qualityRejectabove is no field of a recipe. Correct its name or take it out.\nr.json: bogus is no field')
    expect(refused({ findings: [{ ...finding, treshold: 1 }] })).toThrow('findings.0.treshold is no field')
  })
  it('has no limit of what the model does not say', () => {
    expect(refused({ gate: { qualityRejectAbove: 0.5 } })).toThrow('gate.qualityRejectAbove needs the name of the model\'s quality output in outputs.quality.')
    expect(refused({ gate: { outOfDistribution: { centroids: [[1]], maxDistance: 1 } } })).toThrow('outputs.embedding')
    expect(refused({ heatmap: { maps: [0] } })).toThrow('heatmap needs the name of the model\'s activation output in outputs.activation.')
    expect(refused({ gate: { qualityRejectAbove: 0.5 }, outputs: { logits: 'logits', quality: 'quality' } })).not.toThrow()
  })
  it('is a JSON object', async () => {
    for (const [text, why] of [['{"preprocess": 1', 'is not JSON'], ['null', 'holds no recipe'], ['[]', 'holds no recipe']] as const) {
      await writeFile(at('r.json'), text)
      await expect(readRecipe(at('r.json'))).rejects.toThrow(why)
    }
    expect(refused({ findings: 'tb' })).toThrow('r.json: findings: ')
  })
  it('that does not fit the model is a sentence, and nothing is left behind', async () => {
    vi.stubEnv('TMPDIR', folder)
    await writeFile(at('r.json'), JSON.stringify({ ...recipe, input: { ...recipe.input, width: 64, height: 64 }, preprocess: steps(64) }))
    await writeFile(at('model.onnx'), linearModel({ size: 32, weights: [[2, 2, 2]], bias: [0] }))
    await expect(draftPack(at('r.json'), at('model.onnx'))).rejects.toThrow(/^The model can't read what the recipe makes, 3 x 64 x 64 \(channels, height, width\): [^\n]+\. Correct "input"/)
    await writeFile(at('model.onnx'), 'no model')
    await expect(draftPack(at('r.json'), at('model.onnx'))).rejects.toThrow('ONNX Runtime can\'t open the model')
    expect((await readdir(folder)).filter((name) => name.startsWith('screenpost-new-pack-'))).toEqual([])
  })
})

describe('a finding of a new pack', () => {
  const spec = { ...finding, source: { kind: 'logit', index: 0 }, calibration: { kind: 'platt', a: 1, b: 0 } } as const
  const cases = (scoreOf: (ill: boolean, at: number) => number) => Array.from({ length: 40 }, (_, at) => ({ score: scoreOf(at % 2 === 0, at), positive: at % 2 === 0, patient: `p${at}` }))

  it('is calibrated with a slope that rises', () => {
    expect(fitFinding(spec, cases((ill, at) => (ill ? 0.3 : 0.1) + at / 100), 'labels.csv').spec.calibration).toMatchObject({ kind: 'platt', a: expect.any(Number) as number })
  })
  it('is calibrated on the log-odds of the model, however wide they are and far from 0', () => {
    const draft = manifestOf('r.json', recipe, 'a'.repeat(64)).findings[0]!.calibration
    const logit = (ill: boolean, at: number): number => (ill ? -40 : -70) + (at * 7) % 40
    const found = fitFinding(spec, cases((ill, at) => calibrate(logit(ill, at), draft)), 'labels.csv').spec.calibration
    const wanted = fitPlatt(cases(() => 0).map(({ positive }, at) => ({ positive, logOdds: logit(positive, at) })))
    expect(found).toMatchObject({ a: expect.closeTo(wanted.a, 6) as number, b: expect.closeTo(wanted.b, 6) as number })
  })
  it('has points that find, by the scores of the appliance, the cases that they were set on', () => {
    const draft = manifestOf('r.json', recipe, 'a'.repeat(64)).findings[0]!.calibration
    for (const shift of [0, 1, 2, 3, 4]) {
      const logit = (ill: boolean, at: number): number => Math.fround((ill ? 1.3 : -0.4) + shift + Math.sin(at * 12.9898) * 3)
      const { spec: { calibration }, points } = fitFinding(spec, cases((ill, at) => calibrate(logit(ill, at), draft)), 'labels.csv')
      const served = cases((ill, at) => calibrate(logit(ill, at), calibration))
      for (const { threshold, sensitivity, specificity } of points) {
        const row = atThreshold(served, threshold)
        expect([row.sensitivity.value, row.specificity.value]).toEqual([sensitivity.value, specificity.value])
      }
    }
  })
  it('is refused where the model\'s output falls with it, or does not change', () => {
    expect(() => fitFinding(spec, cases((ill, at) => (ill ? 0.1 : 0.3) + at / 100), 'labels.csv')).toThrow('tb: the model\'s output falls where the finding is present: ')
    expect(() => fitFinding(spec, cases(() => 1), 'labels.csv')).toThrow('tb: the model\'s output stays the same where the finding is present: ')
  })
})
