import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namedPoints } from '../../src/evaluate/named-points.js'
import { fitPlatt } from '../../src/evaluate/platt.js'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

describe('calibration fitted on cases', () => {
  it('finds the slope and the offset that made them', () => {
    const cases = Array.from({ length: 20_000 }, (_, i) => {
      const logOdds = ((i * 0.61803398875) % 1) * 8 - 4
      return { logOdds, positive: (i * 0.7548776662) % 1 < sigmoid(0.6 * logOdds - 1) }
    })
    const { a, b } = fitPlatt(cases)
    expect([a, b].map((value) => Math.round(value * 20) / 20)).toEqual([0.6, -1])
  })

  it('stays finite where the cases can be told apart entirely', () => {
    const { a, b } = fitPlatt([-3, -2, -1, 1, 2, 3].map((logOdds) => ({ logOdds, positive: logOdds > 0 })))
    expect(Number.isFinite(a) && Number.isFinite(b) && a > 0 && sigmoid(a * 3 + b) < 0.999).toBe(true)
  })
})

describe('the points a pack offers', () => {
  it('lie midway to the next lower score, so that the case that set them is not lost in rounding', () => {
    const cases = [0.9, 0.8, 0.4, 0.2].map((score, at) => ({ score, positive: at < 2, patient: `p${at}` }))
    expect(namedPoints(cases).map(({ row }) => row.threshold)).toEqual([expect.closeTo(0.6), expect.closeTo(0.6), expect.closeTo(0.6)])
    expect(namedPoints(cases.map((each) => ({ ...each, positive: each.score === 0.2 || each.positive })))[0]!.row.threshold).toBeCloseTo(0.1)
  })

  it('keep what their names promise on the cases they were set on', () => {
    const cases = fc.array(fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), positive: fc.boolean(), patient: fc.string() }), { minLength: 4, maxLength: 60 })
      .filter((each) => new Set(each.map(({ positive }) => positive)).size === 2)
    fc.assert(fc.property(cases, (each) => {
      const points = new Map(namedPoints(each).map(({ name, row }) => [name, row]))
      const [sensitive, balanced, specific] = [points.get('high-sensitivity')!, points.get('balanced')!, points.get('high-specificity')]
      expect(sensitive.sensitivity.value).toBeGreaterThanOrEqual(0.9)
      if (specific) expect(specific.specificity.value).toBeGreaterThanOrEqual(0.9)
      expect(balanced.threshold).toBeGreaterThanOrEqual(sensitive.threshold)
      if (specific) expect(specific.threshold).toBeGreaterThanOrEqual(balanced.threshold)
      expect(balanced.sensitivity.value + balanced.specificity.value).toBeGreaterThanOrEqual(sensitive.sensitivity.value + sensitive.specificity.value)
    }))
  })
})
