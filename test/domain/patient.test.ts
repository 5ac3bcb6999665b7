import { describe, expect, it } from 'vitest'
import { ageYearsOn, pregnancyOn } from '../../src/domain/patient.js'

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
  it('is what was said, while nobody knows on which day: a clock in 1970 made a child of ten a person of sixty-six', () => {
    expect(ageYearsOn({ age: { years: 10, onDate: '1970-01-01', clock: { bootId: 'one', uptimeSeconds: 60 } } }, '2026-03-01')).toBe(10)
  })
  it('is unknown before the birth, where a clock stands that nobody set', () => {
    expect([ageYearsOn({ birthDate: '1980-05-31' }, '1970-01-01T00:01:00Z'), ageYearsOn({ birthDate: '1980-05-31' }, '1980-05-31')]).toEqual([undefined, 0])
  })
  it('is unknown without either', () => expect(ageYearsOn({}, '2026-01-01')).toBeUndefined())
})

describe('a pregnancy', () => {
  it('that was said on a day that nobody knows is not over: the warning stays until somebody says otherwise', () => {
    const said = (answer: 'yes' | 'no') => pregnancyOn({ pregnancy: { answer, onDate: '1970-01-01', clock: { bootId: 'one', uptimeSeconds: 60 } } }, '2026-03-01')
    expect([said('yes'), said('no')]).toEqual(['yes', undefined])
  })
})
