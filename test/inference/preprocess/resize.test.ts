import { describe, expect, it } from 'vitest'
import { axisWeights, resize } from '../../../src/inference/preprocess/resize.js'
import { picture } from './pictures.js'

describe('resize', () => {
  it('averages the area when shrinking by a whole number', () => {
    const small = resize(picture(4, 2, 1, (x, y) => x * 10 + y * 100), { width: 2, height: 1 })
    expect([...small.data]).toEqual([55, 75])
  })
  it('counts a partly covered pixel by its share', () => {
    const small = resize(picture(3, 1, 1, (x) => [0, 90, 240][x]!), { width: 2, height: 1 })
    expect([...small.data]).toEqual([30, 190])
  })
  it('interpolates with half-pixel centres and repeated edges when growing', () => {
    const large = resize(picture(2, 1, 1, (x) => x * 100), { width: 4, height: 1 })
    expect([...large.data]).toEqual([0, 25, 75, 100])
  })
  it('keeps channels apart and a flat picture flat, for every ratio', () => {
    for (const size of [1, 3, 7, 16, 50]) {
      const out = resize(picture(17, 11, 3, (_x, _y, channel) => 40 + channel * 60), { width: size, height: size })
      expect(new Set(out.data)).toEqual(new Set([40, 100, 160]))
    }
  })
  it('has weights that sum to one', () => {
    for (const [from, to] of [[2500, 320], [100, 99], [5, 160], [1, 4], [320, 320]] as const) {
      const { weights, taps, first } = axisWeights(from, to)
      for (let out = 0; out < to; out++) {
        expect(weights.subarray(out * taps, (out + 1) * taps).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4)
        expect(first[out]! + taps).toBeLessThanOrEqual(from)
      }
    }
  })
})
