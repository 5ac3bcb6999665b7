import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSet } from '../../../src/devices/serial-digitizer/line-set.js'

describe('a set of lines', () => {
  it('knows what it holds and what is missing, as a plain set does', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 300 }), fc.integer({ min: 0, max: 800 }), (lines, end) => {
      const set = new LineSet()
      const plain = new Set<number>()
      for (const line of lines) {
        expect(set.add(line)).toBe(!plain.has(line))
        plain.add(line)
      }
      const spread = (ranges: readonly { first: number; count: number }[]): number[] => ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at))
      expect(set.count).toBe(plain.size)
      expect(spread(set.held())).toEqual([...plain].sort((a, b) => a - b))
      expect(spread(set.missing(0, end, Infinity))).toEqual(Array.from({ length: end }, (_, line) => line).filter((line) => !plain.has(line)))
      expect(new LineSet(set.held()).held()).toEqual(set.held())
      expect(set.firstMissing).toBe(Array.from({ length: 702 }, (_, line) => line).find((line) => !plain.has(line)))
    }))
  })

  it('names no more ranges than asked for', () => {
    const set = new LineSet([{ first: 1, count: 1 }, { first: 3, count: 1 }, { first: 5, count: 1 }])
    expect(set.missing(0, 7, 2)).toEqual([{ first: 0, count: 1 }, { first: 2, count: 1 }])
    expect(set.missing(3, 7, 9)).toEqual([{ first: 4, count: 1 }, { first: 6, count: 1 }])
  })
})
