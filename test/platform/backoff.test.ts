import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, waitMs } from '../../src/platform/backoff.js'

const limits = { baseMs: 500, maxMs: 30_000 }

describe('backoff', () => {
  it('stays between 1 and the ceiling that doubles with each failure', () => {
    fc.assert(fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const ms = backoffMs(attempt, () => random, limits)
      expect(ms).toBeGreaterThanOrEqual(1)
      expect(ms).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** attempt))
    }))
  })

  it('uses the whole range', () => {
    expect(backoffMs(3, () => 0.5, limits)).toBe(2000)
    expect(backoffMs(50, () => 0.5, limits)).toBe(15_000)
  })

  it('ends a wait at once when asked to stop, before or during it', async () => {
    const stop = new AbortController()
    const during = waitMs(60_000, stop.signal)
    stop.abort()
    await during
    await waitMs(60_000, stop.signal)
  })
})
