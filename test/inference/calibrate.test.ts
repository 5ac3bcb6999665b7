import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calibrate, logOdds, sigmoid, softmax } from '../../src/inference/calibrate.js'
import { distanceToCentroids } from '../../src/inference/out-of-distribution.js'

describe('calibration', () => {
  it('by Platt is a sigmoid of the scaled logit', () => {
    expect(calibrate(1.5, { kind: 'platt', a: 2, b: -1 })).toBeCloseTo(sigmoid(2))
    expect(calibrate(0, { kind: 'platt', a: 1, b: 0 })).toBe(0.5)
  })

  it('by isotonic steps is linear between the points and flat outside', () => {
    const isotonic = { kind: 'isotonic', x: [0.2, 0.5, 0.5, 0.9], y: [0.1, 0.2, 0.4, 0.8] } as const
    const at = (raw: number): number => calibrate(Math.log(raw / (1 - raw)), { ...isotonic, x: [...isotonic.x], y: [...isotonic.y] })
    expect([0.01, 0.2, 0.35, 0.7, 0.9, 0.99].map((raw) => Number(at(raw).toFixed(4)))).toEqual([0.1, 0.1, 0.15, 0.6, 0.8, 0.8])
  })

  it('never turns the order of scores round', () => {
    const rising = { kind: 'isotonic' as const, x: [0, 0.3, 0.31, 1], y: [0.01, 0.2, 0.7, 0.9] }
    fc.assert(fc.property(fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true }), (logit, more) => {
      expect(calibrate(logit + more, rising)).toBeGreaterThanOrEqual(calibrate(logit, rising) - 1e-12)
    }))
  })
})

describe('log-odds', () => {
  it('of exclusive classes are those of their summed probability', () => {
    const logits = [2, 1, -1]
    const [a, b, c] = softmax(logits) as [number, number, number]
    expect(logOdds(logits, { kind: 'softmax', indices: [0, 2] })).toBeCloseTo(Math.log((a + c) / b))
    expect(a + b + c).toBeCloseTo(1)
  })

  it('stay finite for huge logits', () => {
    expect(softmax([1000, 999])[0]).toBeCloseTo(sigmoid(1))
    expect(logOdds([1000, -1000], { kind: 'softmax', indices: [0] })).toBeCloseTo(2000)
  })

  it('read one element otherwise', () => {
    expect([logOdds([3, 4], { kind: 'logit', index: 1 }), logOdds([3, 4], { kind: 'ordinal', index: 0 })]).toEqual([4, 3])
  })
})

describe('the distance to what was trained on', () => {
  it('is 0 on a centroid whatever the length, and 2 opposite of it', () => {
    expect(distanceToCentroids([3, 0], [[1, 0], [0, 1]])).toBeCloseTo(0)
    expect(distanceToCentroids([-3, 0], [[1, 0]])).toBeCloseTo(2)
    expect(distanceToCentroids([1, 1], [])).toBe(Infinity)
  })
})
