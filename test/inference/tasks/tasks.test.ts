import { describe, expect, it } from 'vitest'
import type { FindingSpec } from '../../../src/inference/manifest.js'
import { clipFindings, quantile } from '../../../src/inference/tasks/clip-findings/clip-findings.js'
import { imageTypeOf } from '../../../src/inference/tasks/image-type/image-type.js'
import { ordinalGrade } from '../../../src/inference/tasks/ordinal-grade/ordinal-grade.js'
import { tasks } from '../../../src/inference/tasks/registry.js'
import type { TaskInput } from '../../../src/inference/tasks/task.js'

const identity = { kind: 'platt', a: 1, b: 0 } as const
const spec = (code: string, index: number, kind: 'ordinal' | 'logit' = 'ordinal'): FindingSpec => ({ code, name: code, source: { kind, index }, calibration: identity })
const classes = ['none', 'mild', 'moderate', 'severe', 'proliferative']
const grade = (logits: number[], thresholds: Record<string, number>) =>
  ordinalGrade.interpret({ logits: [logits], thresholds, manifest: { classes, gate: {}, findings: [spec('referable', 1), spec('threatening', 2)] } }).detail

describe('every task', () => {
  it.each(Object.keys(tasks))('%s gives a score from 0 to 1 for each finding, and at least one frame', (name) => {
    const task = tasks[name as keyof typeof tasks]
    const manifest: TaskInput['manifest'] = { classes, gate: {}, findings: [spec('a', 0, 'logit'), spec('b', 1, 'logit')] }
    const { scores, frame } = task.interpret({ logits: [[5, -5, 0, 1]], manifest, thresholds: {} })
    for (const { score } of scores) expect(score).toSatisfy((value: number) => value >= 0 && value <= 1)
    expect([frame, task.frames(manifest) >= 1]).toEqual([0, true])
  })
})

describe('an ordinal grade', () => {
  it('is the highest that is passed', () => {
    expect(grade([3, 2, -2, -3], {})).toMatchObject({ grade: 2, gradeName: 'moderate' })
    expect(grade([-3, -3, -3, -3], {})).toMatchObject({ grade: 0 })
    expect(grade([9, 9, 9, 9], {})).toMatchObject({ grade: 4 })
  })

  it('follows the thresholds of its findings, so that it never contradicts them', () => {
    expect(grade([2, -1, -3, -4], { referable: 0.2, threatening: 0.9 })).toMatchObject({ grade: 2 })
    expect(grade([2, 1, 0.5, -4], { referable: 0.2, threatening: 0.9 })).toMatchObject({ grade: 2 })
    expect(grade([2, 1, 0.5, -4], { referable: 0.2, threatening: 0.5 })).toMatchObject({ grade: 3 })
  })

  it('gives probabilities that add up to one, also when the logits cross', () => {
    const probabilities = grade([1, 2, -1, 0], {})['probabilities'] as number[]
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1)
    expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0)
  })
})

describe('the image type', () => {
  const manifest = { classes: ['fundus', 'chest', 'hand', 'cat'], gate: { routes: { fundus: 'fundus', chest: 'cxr', hand: 'other', cat: 'other' } as const, minimumProbability: 0.5 } }

  it('adds up the classes of one route', () => {
    expect(imageTypeOf([0, 0.3, 0.2, 0.2], manifest)).toMatchObject({ route: 'other', className: 'chest' })
  })

  it('is undecided below the least probability', () => {
    expect(imageTypeOf([0.1, 0, -1, -1], manifest).route).toBeUndefined()
    expect(imageTypeOf([5, 0, 0, 0], manifest)).toMatchObject({ route: 'fundus', className: 'fundus' })
  })

  it('takes a class without a route for something else', () => {
    expect(imageTypeOf([0, 0, 0, 9], { ...manifest, gate: { routes: {} } }).route).toBe('other')
  })
})

describe('findings of a clip', () => {
  it('are the quantile of the frames, shown by the frame with the highest score', () => {
    const manifest = { classes: ['x'], gate: {}, findings: [spec('x', 0, 'logit')], pooling: { quantile: 0.5, maxFrames: 3 } }
    const result = clipFindings.interpret({ logits: [[0], [4], [-4]], manifest, thresholds: {} })
    expect([result.scores[0]?.score, result.frame, clipFindings.frames(manifest)]).toEqual([0.5, 1, 3])
  })

  it('use the usual quantile between frames', () => {
    expect([quantile([1, 2, 3, 4], 0.5), quantile([4, 1], 1), quantile([7], 0.3)]).toEqual([2.5, 4, 7])
  })
})
