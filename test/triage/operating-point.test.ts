import { describe, expect, it } from 'vitest'
import { applyOperatingPoint, operatingPointOf } from '../../src/triage/operating-point.js'

const table = { default: 'screening', points: [{ name: 'screening', finding: 'tb', threshold: 0.3 }, { name: 'screening', finding: 'other', threshold: 0.5 }, { name: 'strict', finding: 'tb', threshold: 0.7 }] }

describe('the operating point', () => {
  it('is the default one, or the one asked for with the default of what it lacks', () => {
    expect(operatingPointOf(table)).toEqual({ ok: true, value: { name: 'screening', thresholds: { tb: 0.3, other: 0.5 } } })
    expect(operatingPointOf(table, 'strict')).toEqual({ ok: true, value: { name: 'strict', thresholds: { tb: 0.7, other: 0.5 } } })
  })

  it('lists the names when there is no such', () => {
    expect(operatingPointOf(table, 'loose')).toMatchObject({ ok: false, error: { message: expect.stringContaining('screening, strict') } })
  })

  it('calls a score at the threshold positive, and one without a threshold never', () => {
    const scores = [{ code: 'tb', name: 'TB', score: 0.3 }, { code: 'unknown', name: '?', score: 1 }]
    expect(applyOperatingPoint(scores, { name: 'x', thresholds: { tb: 0.3 } }).map(({ positive }) => positive)).toEqual([true, false])
    expect(applyOperatingPoint(scores, { name: 'x', thresholds: { tb: 0.301 } })[0]?.positive).toBe(false)
  })
})
