import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GoldenCase, OperatingPoints, PackManifest } from '../../src/inference/manifest.js'
import { preprocess } from '../../src/inference/preprocess/preprocess.js'
import { openSession } from '../../src/inference/session.js'
import { renderPhantom } from '../../src/phantoms/phantom.js'
import { linearModel, type LinearModel } from '../generators/onnx.js'

/** Packs made of linear models over the colour averages: small, fast, and real enough for the whole runtime. */
export type TestPack = {
  readonly id: string
  readonly version?: string
  readonly model: LinearModel
  readonly manifest: Pick<PackManifest, 'task' | 'modality' | 'classes' | 'findings'> & Partial<PackManifest>
  readonly thresholds?: Record<string, number>
  readonly golden?: Pick<GoldenCase, 'phantom' | 'seed'>
}

const SIZE = 32
const identity = { kind: 'platt', a: 1, b: 0 } as const
const mean = [128, 128, 128]

/** A fundus is redder than blue, a chest is grey, anything bluish is something else. */
export const gatePack: TestPack = {
  id: 'image-gate', golden: { phantom: 'fundus', seed: 1 },
  model: { size: SIZE, weights: [[8, 0, -8], [0, 0, 0], [-8, 0, 8]], bias: [-1, 0, -1] },
  manifest: { task: 'image-type', modality: 'any', classes: ['fundus', 'chest', 'other'], findings: [], gate: { routes: { fundus: 'fundus', chest: 'cxr', other: 'other' }, minimumProbability: 0.5 } }
}

/** The brighter the film, the more tuberculosis: mid-grey is 0.5. */
export const chestPack: TestPack = {
  id: 'tb-chest', golden: { phantom: 'chest', seed: 1 }, thresholds: { tb: 0.3 },
  model: { size: SIZE, weights: [[2, 2, 2]], bias: [0], quality: [0, 0, 0, -5] },
  manifest: {
    task: 'findings', modality: 'cxr', classes: ['tb'], minimumAgeYears: 15, heatmap: { maps: [0] },
    findings: [{ code: 'tb', name: 'Tuberculosis', source: { kind: 'logit', index: 0 }, calibration: identity }], gate: { qualityRejectAbove: 0.9 }
  }
}

/** Five grades by how much red there is. */
export const fundusPack: TestPack = {
  id: 'dr-fundus', golden: { phantom: 'fundus', seed: 2 }, thresholds: { 'dr-referable': 0.4, 'dr-vision-threatening': 0.6 },
  model: { size: SIZE, weights: [[4, 0, 0], [4, 0, 0], [4, 0, 0], [4, 0, 0]], bias: [2, 1, 0, -1] },
  manifest: {
    task: 'ordinal-grade', modality: 'fundus', classes: ['none', 'mild', 'moderate', 'severe', 'proliferative'], heatmap: { maps: [1, 2] },
    findings: [
      { code: 'dr-referable', name: 'Referable diabetic retinopathy', source: { kind: 'ordinal', index: 1 }, calibration: identity },
      { code: 'dr-vision-threatening', name: 'Vision-threatening diabetic retinopathy', source: { kind: 'ordinal', index: 2 }, calibration: identity }
    ]
  }
}

export const temporaryPacks = (): Promise<string> => mkdtemp(join(tmpdir(), 'screenpost-packs-'))

/** A folder with the three packs above. */
export async function packsForTests(): Promise<string> {
  const folder = await temporaryPacks()
  for (const pack of [gatePack, chestPack, fundusPack]) await writePack(folder, pack)
  return folder
}

/** Writes one pack in good order: hashes, operating points and golden answers fit the model. Returns its folder. */
export async function writePack(packs: string, pack: TestPack): Promise<string> {
  const { id, version = '1.0.0', thresholds = {} } = pack
  const folder = join(packs, id, version)
  await mkdir(join(folder, 'golden'), { recursive: true })
  const model = linearModel(pack.model)
  await writeFile(join(folder, 'model.onnx'), model)
  const sha256 = createHash('sha256').update(model).digest('hex')
  const manifest = manifestOf(pack, version, sha256)
  await writeJson(join(folder, 'manifest.json'), manifest)
  await writeJson(join(folder, 'operating-points.json'), operatingPointsOf(sha256, thresholds))
  const size = { seed: pack.golden?.seed ?? 1, width: 96, height: 96 }
  const phantom = pack.golden?.phantom ?? 'chest'
  await writeJson(join(folder, 'golden', 'case-1.json'), { phantom, ...size, logits: await answerOf(join(folder, 'model.onnx'), manifest, { phantom, ...size }) })
  return folder
}

export const writeJson = (path: string, value: unknown): Promise<void> => writeFile(path, JSON.stringify(value))

function manifestOf({ id, model, manifest }: TestPack, version: string, sha256: string): PackManifest {
  const { size, quality } = model
  return {
    formatVersion: 1, id, version, title: id, model: { file: 'model.onnx', sha256 }, input: { name: 'input', channels: 3, height: size, width: size },
    preprocess: [{ step: 'pad-square' }, { step: 'resize', width: size, height: size }, { step: 'repeat-channels' }, { step: 'to-tensor', mean, std: mean }],
    outputs: { logits: 'logits', activation: 'activation', embedding: 'embedding', ...(quality ? { quality: 'quality' } : {}) },
    gate: {}, resolution: { refuseBelow: 128, meantFor: 256 }, intendedUse: 'tests', limits: [], trainingData: [], trainingResolution: 'none',
    golden: { tolerance: 0.001 }, ...manifest
  }
}

const operatingPointsOf = (modelSha256: string, thresholds: Record<string, number>): OperatingPoints => ({
  modelSha256, default: 'screening',
  points: Object.entries(thresholds).flatMap(([finding, threshold]) => ['screening', 'strict'].map((name) => ({
    name, finding, threshold: name === 'strict' ? Math.min(1, threshold + 0.3) : threshold, n: 10, positives: 5, data: 'none',
    sensitivity: { value: 0.9, low: 0.8, high: 1 }, specificity: { value: 0.7, low: 0.6, high: 0.8 }
  })))
})

async function answerOf(path: string, manifest: PackManifest, golden: Omit<GoldenCase, 'logits'>): Promise<number[]> {
  const session = await openSession(path, { providers: ['cpu'] })
  const { data, channels, height, width } = preprocess(renderPhantom(golden.phantom, golden), 0, manifest.preprocess)
  const outputs = await session.run('input', { data, dims: [1, channels, height, width] })
  await session.release()
  return Array.from(outputs['logits']!.data)
}
