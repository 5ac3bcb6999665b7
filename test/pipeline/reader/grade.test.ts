import { describe, expect, it } from 'vitest'
import type { PackManifest } from '../../../src/inference/manifest.js'
import { measure } from '../../../src/ingest/quality/measure.js'
import { chestPhantom } from '../../../src/phantoms/chest.js'
import { grade } from '../../../src/pipeline/reader/grade.js'
import type { LoadedPack } from '../../../src/pipeline/reader/pack-shelf.js'
import { Stopwatch } from '../../../src/pipeline/reader/stopwatch.js'

const pixels = chestPhantom({ seed: 3, width: 400, height: 400, opacity: 'none' })
const manifest = {
  task: 'findings', input: { name: 'x' }, preprocess: [{ step: 'grey' }, { step: 'resize', width: 32, height: 32 }, { step: 'to-tensor', mean: [0], std: [255] }],
  outputs: { logits: 'logits', embedding: 'embedding' }, classes: ['tb'], gate: { outOfDistribution: { centroids: [[1, 0]], maxDistance: 2 } }, resolution: { refuseBelow: 64, meantFor: 64 },
  findings: [{ code: 'tb', name: 'TB', source: { kind: 'logit', index: 0 }, calibration: { kind: 'platt', a: 1, b: 0 } }]
} as unknown as PackManifest
const answering = (logits: readonly number[], embedding: readonly number[] = [1, 0]): LoadedPack => ({
  pack: { manifest }, session: { provider: 'tensorrt', run: async () => ({ logits: { data: Float32Array.from(logits), dims: [1, logits.length] }, embedding: { data: Float32Array.from(embedding), dims: [1, 2] } }) }
}) as unknown as LoadedPack
const graded = (loaded: LoadedPack) =>
  grade({ loaded, pixels, modality: 'cxr', measures: measure(pixels, 0), notes: [], point: { name: 'p', thresholds: { tb: 0.5 } } }, new Stopwatch(() => 0))

describe('what a network answers', () => {
  it('is a score where it is a number', async () => {
    expect(await graded(answering([-2]))).toMatchObject({ quality: { gradable: true }, findings: [{ code: 'tb', positive: false }] })
  })

  it.each([['a score', [Number.NaN], [1, 0]], ['an overflow', [-Infinity], [1, 0]], ['nothing', [], [1, 0]], ['a distance', [-2], [Number.NaN, 0]]])('is never "no finding" when %s is not a number', async (_name, logits, embedding) => {
    const { quality, findings } = await graded(answering(logits, embedding))
    expect([quality.gradable, quality.reasons[0]?.code, findings]).toEqual([false, 'no-answer', []])
  })
})
