import { describe, expect, it } from 'vitest'
import { applyOperatingPoint, operatingPointOf, pointInForce, unknownChoices } from '../../src/triage/operating-point.js'

const table = { default: 'screening', points: [{ name: 'screening', finding: 'tb', threshold: 0.3 }, { name: 'screening', finding: 'other', threshold: 0.5 }, { name: 'strict', finding: 'tb', threshold: 0.7 }] }

describe('the operating point', () => {
  it('is the default one, or the one asked for with the default of what it lacks', () => {
    expect(operatingPointOf(table)).toEqual({ ok: true, value: { name: 'screening', thresholds: { tb: 0.3, other: 0.5 } } })
    expect(operatingPointOf(table, 'strict')).toEqual({ ok: true, value: { name: 'strict', thresholds: { tb: 0.7, other: 0.5 } } })
  })

  it('in force at a site is the one that it names, with what it fitted itself before that', () => {
    const fitted = { ...table, default: 'site', points: [...table.points, { name: 'site', finding: 'tb', threshold: 0.42 }, { name: 'site', finding: 'other', threshold: 0.5 }, { name: 'strict', finding: 'other', threshold: 0.9 }], fitted: ['tb'] }
    expect(pointInForce(table, { packId: 'tb-chest', chosen: 'strict' })).toEqual(operatingPointOf(table, 'strict'))
    expect(pointInForce(fitted, { packId: 'tb-chest', chosen: 'strict' })).toEqual({ ok: true, value: { name: 'site', thresholds: { tb: 0.42, other: 0.9 } } })
    expect(pointInForce(fitted, { packId: 'tb-chest', chosen: undefined })).toEqual({ ok: true, value: { name: 'site', thresholds: { tb: 0.42, other: 0.5 } } })
    expect(pointInForce(fitted, { packId: 'tb-chest', chosen: 'loose' })).toMatchObject({ ok: false })
  })

  it('lists the names when there is no such', () => {
    expect(operatingPointOf(table, 'loose')).toMatchObject({ ok: false, error: { message: expect.stringContaining('screening, strict') } })
  })

  it('that a site file names is unknown where the pack that serves lacks it, or no such pack is there', () => {
    const offers = [{ id: 'tb-chest', points: ['screening', 'strict'] }, { id: 'tb-chest' }, { id: 'image-gate', points: [] }, { id: 'dr-fundus' }]
    expect(unknownChoices({ 'tb-chest': 'strict', 'image-gate': 'any', 'dr-fundus': 'nobody-knows' }, offers)).toEqual([])
    expect(unknownChoices({ 'tb-chest': 'loose', chest: 'strict' }, offers)).toMatchObject([{ code: 'unknown-operating-point', path: 'operatingPoints.tb-chest' }, { code: 'unknown-pack', path: 'operatingPoints.chest' }])
    expect(unknownChoices({ chest: 'strict' }, [])).toEqual([])
  })

  it('calls a score at the threshold positive, and one without a threshold never', () => {
    const scores = [{ code: 'tb', name: 'TB', score: 0.3 }, { code: 'unknown', name: '?', score: 1 }]
    expect(applyOperatingPoint(scores, { name: 'x', thresholds: { tb: 0.3 } }).map(({ positive }) => positive)).toEqual([true, false])
    expect(applyOperatingPoint(scores, { name: 'x', thresholds: { tb: 0.301 } })[0]?.positive).toBe(false)
  })
})
