import { describe, expect, it } from 'vitest'
import type { LogOddsCase } from '../../src/evaluate/platt.js'
import { fitPlatt } from '../../src/evaluate/platt.js'

/** Platt's loss with his smoothed targets, a case. */
function loss(cases: readonly LogOddsCase[], { a, b }: { a: number; b: number }): number {
  const positives = cases.filter(({ positive }) => positive).length
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (cases.length - positives + 2)]
  return cases.reduce((sum, { logOdds, positive }) => {
    const z = a * logOdds + b
    return sum + Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - z * (positive ? high : low)
  }, 0) / cases.length
}

/** The best of a grid, made finer around its best eight times: slow, and of no method that could diverge. */
function bruteForce(cases: readonly LogOddsCase[], centre: number, width: number): number {
  let [a, b, reach] = [0, 0, 12]
  let best = Infinity
  for (let round = 0; round < 40; round++) {
    const [fromA, fromB] = [a, b]
    for (let i = -8; i <= 8; i++) for (let j = -8; j <= 8; j++) {
      const [steep, high] = [fromA + (i / 8) * reach, fromB + (j / 8) * reach]
      const tried = loss(cases, { a: steep / width, b: high - steep * centre / width })
      if (tried < best) [best, a, b] = [tried, steep, high]
    }
    if (a === fromA && b === fromB) reach /= 2
  }
  return best
}

/** Two bells of scores, made without chance: `gap` apart from one middle to the other, each of deviation 1. */
const bells = (count: number, gap: number): LogOddsCase[] => Array.from({ length: count }, (_, i) => {
  const at = ((i * 0.61803398875) % 1) * 0.998 + 0.001
  const positive = i % 2 === 0
  return { logOdds: Math.log(at / (1 - at)) / 1.7 + (positive ? gap / 2 : -gap / 2), positive }
})

const moved = (cases: readonly LogOddsCase[], scale: number, shift: number): LogOddsCase[] =>
  cases.map((each) => ({ ...each, logOdds: each.logOdds * scale + shift }))

describe('Platt\'s calibration', () => {
  it.each([
    ['as they are', 1, 0], ['shifted up', 1, 6], ['shifted down', 1, -8], ['wide', 8, 0], ['wide and shifted', 12, -40],
    ['very wide', 1000, 300], ['narrow', 0.01, 0], ['narrow and far', 0.05, 7]
  ])('is the best there is where the log-odds are %s', (_, scale, shift) => {
    for (const gap of [0.5, 2, 4]) {
      const cases = moved(bells(120, gap), scale, shift)
      const { a, b } = fitPlatt(cases)
      expect(a).toBeGreaterThan(0)
      expect(loss(cases, { a, b }) - bruteForce(cases, shift, scale)).toBeLessThan(1e-6)
    }
  })

  it('follows the scale and the shift of the log-odds exactly', () => {
    const base = fitPlatt(bells(200, 2))
    for (const [scale, shift] of [[3, 0], [1, 6], [0.2, -5]] as const) {
      const { a, b } = fitPlatt(moved(bells(200, 2), scale, shift))
      expect(a * scale).toBeCloseTo(base.a, 6)
      expect(b + a * shift).toBeCloseTo(base.b, 6)
    }
  })

  it('is the best there is where all cases but one, or all of them, can be told apart', () => {
    const apart = Array.from({ length: 40 }, (_, i) => ({ logOdds: i < 20 ? 5 + i / 10 : 9 + i / 10, positive: i >= 20 }))
    for (const cases of [apart, [...apart, { logOdds: 12, positive: false }], [...apart, { logOdds: 400, positive: true }]]) {
      const found = fitPlatt(cases)
      expect(loss(cases, found) - bruteForce(cases, 9, 1)).toBeLessThan(1e-6)
    }
  })

  it('falls where the findings lie below, and is flat where nothing tells them apart', () => {
    expect(fitPlatt(bells(100, -2)).a).toBeLessThan(0)
    const flat = fitPlatt([true, false, false].map((positive) => ({ logOdds: 13.8, positive })))
    expect([flat.a, Number.isFinite(flat.b)]).toEqual([0, true])
  })
})
