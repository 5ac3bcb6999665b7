import { describe, expect, it } from 'vitest'
import { expectedCalibrationError, reliability } from '../../src/evaluate/calibration.js'
import { atThreshold } from '../../src/evaluate/confusion.js'
import { proportion } from '../../src/evaluate/proportion.js'
import { auc, aucInterval } from '../../src/evaluate/roc.js'
import type { Scored } from '../../src/evaluate/roc.js'
import { proposeThreshold, thresholdTable } from '../../src/evaluate/threshold.js'
import { checkTruths, saidOf, truthColumns, truthOf } from '../../src/evaluate/truth.js'

const scored = (positives: number[], negatives: number[]): Scored[] =>
  [...positives.map((score) => ({ score, positive: true })), ...negatives.map((score) => ({ score, positive: false }))]
    .map((each, index) => ({ ...each, patient: `p${index}` }))

describe('area under the curve', () => {
  it('is the share of pairs in the right order, ties as half', () => {
    expect(auc(scored([0.9, 0.4], [0.4, 0.1]))).toBeCloseTo(3.5 / 4)
    expect(auc(scored([0.2], [0.8]))).toBe(0)
    expect(auc(scored([0.5, 0.5], [0.5]))).toBe(0.5)
  })
  it('is not defined with one class only', () => expect(auc(scored([0.5], []))).toBeUndefined())
  it('has an interval that holds the value, the same for the same seed', () => {
    const cases = scored([0.9, 0.8, 0.7, 0.3], [0.6, 0.4, 0.2, 0.1])
    const interval = aucInterval(cases, { resamples: 500, seed: 3 })
    expect(interval!.low).toBeLessThanOrEqual(interval!.value)
    expect(interval!.high).toBeGreaterThanOrEqual(interval!.value)
    expect(interval!.low).toBeLessThan(interval!.high)
    expect(aucInterval(cases, { resamples: 500, seed: 3 })).toEqual(interval)
  })
})

describe('proportions', () => {
  it('have the published Wilson interval (8 of 10: 0.490 to 0.943)', () => {
    const { low, high } = proportion(8, 10)
    expect([low, high].map((each) => each.toFixed(3))).toEqual(['0.490', '0.943'])
  })
  it('say nothing of an empty group', () => expect(proportion(0, 0)).toMatchObject({ low: 0, high: 1 }))
})

describe('a threshold', () => {
  const cases = scored([0.9, 0.6, 0.3], [0.7, 0.2, 0.1])
  it('counts a score at the threshold as positive', () => {
    expect(atThreshold(cases, 0.6)).toMatchObject({ truePositives: 2, falseNegatives: 1, falsePositives: 1, trueNegatives: 2, testsPerCaseFound: 1.5 })
  })
  it('is proposed as the highest that reaches the sensitivity', () => {
    const table = thresholdTable(cases, { screen: 1, confirm: 10 })
    expect(proposeThreshold(table, 0.6)).toMatchObject({ threshold: 0.6, testsNeeded: 3, cost: 36, costPerCaseFound: 18 })
    expect(proposeThreshold(table, 1)?.threshold).toBe(0.3)
  })
})

describe('calibration', () => {
  it('is perfect where the share equals the score', () => {
    const cases = scored([0.75, 0.75, 0.75], [0.75])
    expect(reliability(cases)).toMatchObject([{ count: 4, meanScore: 0.75, positiveShare: 0.75 }])
    expect(expectedCalibrationError(cases)).toBeCloseTo(0)
  })
  it('errs by the gap', () => expect(expectedCalibrationError(scored([], [0.9, 0.9]))).toBeCloseTo(0.9))
})

describe('truth', () => {
  const read = (finding: string, row: Record<string, string>, ...specs: string[]) => truthOf(finding, specs)(row)
  it('reads ICDR grades and labels by default', () => {
    expect(read('dr-referable', { grade: '2' })).toBe(true)
    expect(read('dr-referable', { grade: '', label: 'normal' })).toBe(false)
    expect(read('tb', { label: 'tb' })).toBe(true)
    expect(read('tb', { label: 'lung-mask' })).toBeUndefined()
  })
  it('takes referable for an answer to retinopathy only, and of a finding that nobody taught the program a plain yes or no only', () => {
    for (const label of ['referable', 'non-referable']) {
      expect(read('dr-referable', { label })).toBe(label === 'referable')
      for (const finding of ['cataract', 'tb', 'lus-consolidation']) expect(read(finding, { label })).toBeUndefined()
    }
    expect(['referable', 'non-referable'].map((label) => read('dr-vision-threatening', { label }))).toEqual([undefined, false])
    expect(['yes', '0', 'normal', 'cataract'].map((label) => read('cataract', { label }))).toEqual([true, false, undefined, undefined])
    expect(read('tb', { label: 'normal' })).toBe(false)
  })
  it('obeys a site\'s own columns', () => {
    expect(read('tb', { xpert: 'MTB' }, 'tb=xpert:MTB|trace')).toBe(true)
    expect(read('tb', { xpert: 'neg' }, 'tb=xpert:MTB|trace')).toBe(false)
    expect(read('tb', { score: '3' }, 'tb=score>=4')).toBe(false)
  })
  it('says nothing of children\'s films, which the pack may not judge', () => {
    expect(read('cxr-other-abnormal', { label: 'viral-pneumonia' })).toBeUndefined()
    expect(read('cxr-other-abnormal', { label: 'covid' })).toBe(true)
    expect(read('lus-interstitial', { label: 'viral-pneumonia' })).toBe(true)
  })
  it('of a finding that the pack does not have is a mistake', () => {
    expect(checkTruths(['tbx=xpert:MTB'], ['tb', 'cxr-other-abnormal'])).toMatchObject({ path: '--truth', message: 'there is no finding tbx; the pack has tb, cxr-other-abnormal' })
    expect(checkTruths(['nonsense'], ['tb'])?.code).toBe('bad-truth')
    expect(checkTruths(['tb=xpert:MTB'], ['tb'])).toBeUndefined()
  })
  it('names the columns that it reads, and what it read there', () => {
    expect(truthColumns(['tb=xpert:MTB', 'cxr-other-abnormal=score>=4'])).toEqual(['xpert', 'score'])
    expect(saidOf('tb', ['tb=score>=4'])({ score: 'high', label: 'tb' })).toBe('high')
    expect(saidOf('dr-referable', [])({ grade: '?', label: 'unclear' })).toBe('unclear')
    expect(saidOf('dr-referable', [])({ grade: '?' })).toBe('?')
    expect(saidOf('tb', [])({ label: 'x'.repeat(90) })).toHaveLength(40)
  })
})
