import { describe, expect, it } from 'vitest'
import { ageYearsOn } from '../../src/domain/patient.js'

describe('age on a day', () => {
  it('counts completed years from the birth date', () => {
    expect(ageYearsOn({ birthDate: '2010-06-15' }, '2025-06-14')).toBe(14)
    expect(ageYearsOn({ birthDate: '2010-06-15' }, '2025-06-15T08:00:00Z')).toBe(15)
  })
  it('moves on from the age that was said', () => {
    expect(ageYearsOn({ age: { years: 40, onDate: '2024-03-01' } }, '2026-02-28')).toBe(41)
  })
  it('is no less than what was said, when a clock was put back', () => {
    expect(ageYearsOn({ age: { years: 14, onDate: '2026-03-01' } }, '1970-01-01')).toBe(14)
  })
  it('is unknown without either', () => expect(ageYearsOn({}, '2026-01-01')).toBeUndefined())
})
