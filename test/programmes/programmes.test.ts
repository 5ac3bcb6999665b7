import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Triage, TriageLevel } from '../../src/domain/finding.js'
import type { Answers } from '../../src/domain/programme-answers.js'
import { escalate, escalationsOf } from '../../src/programmes/escalate.js'
import type { Programme } from '../../src/programmes/programme.js'
import { parseProgramme } from '../../src/programmes/programme.js'
import { programmeFor, programmes } from '../../src/programmes/programmes.js'
import { addMonths, recallDue } from '../../src/programmes/recall.js'
import { validateAnswers } from '../../src/programmes/validate-answers.js'
import { TRIAGE_TABLE } from '../../src/triage/table.js'

const ORDER: readonly TriageLevel[] = ['routine', 'none', 'soon', 'urgent', 'immediate']
const rank = (triage: Triage): number => ORDER.indexOf(triage.level)
const tb = programmeFor('cxr') as Programme
const dr = programmeFor('fundus') as Programme
const lung = programmeFor('ultrasound') as Programme
const negative: Triage = { level: 'routine', text: 'No sign on the image.', code: 'tb-none' }

const answersOf = (programme: Programme) => fc.record(Object.fromEntries(programme.fields.map((field) => [field.name,
  field.kind === 'number' ? fc.integer({ min: Math.ceil(field.minimum), max: Math.floor(field.maximum) }) : fc.constantFrom(...field.options)])), { requiredKeys: [] }).map((answers) => answers as Answers)
const anyTriage = fc.constantFrom(...ORDER).map((level): Triage => ({ level, text: 'image' }))

describe.each(programmes.map((programme) => [programme.id, programme] as const))('the rules of %s', (_id, programme) => {
  it('never lower the level of the image, and rise with it', () => {
    fc.assert(fc.property(answersOf(programme), anyTriage, anyTriage, (answers, one, other) => {
      const [first, second] = [escalate(programme, answers, one), escalate(programme, answers, other)]
      expect(rank(first)).toBeGreaterThanOrEqual(rank(one))
      if (rank(one) <= rank(other)) expect(rank(first)).toBeLessThanOrEqual(rank(second))
    }))
  })

  it('never get milder when one more question is answered', () => {
    fc.assert(fc.property(answersOf(programme), fc.nat(), (answers, pick) => {
      const names = Object.keys(answers)
      const { [names[pick % Math.max(1, names.length)] ?? '']: _left, ...fewer } = answers
      expect(rank(escalate(programme, answers, negative))).toBeGreaterThanOrEqual(rank(escalate(programme, fewer, negative)))
    }))
  })

  it('take their own answers back unchanged, and leave the image alone without any', () => {
    fc.assert(fc.property(answersOf(programme), (answers) => {
      expect(validateAnswers(programme, answers)).toEqual({ ok: true, value: { ...answers } })
      expect(validateAnswers(programme, Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, String(value)])))).toEqual({ ok: true, value: { ...answers } })
    }))
    expect(escalate(programme, {}, negative)).toBe(negative)
  })

  it('name a source each', () => {
    for (const { source } of [...programme.rules, ...programme.recalls]) expect(source).toMatch(/WHO|International Council/)
  })
})

describe('a negative image', () => {
  it.each([
    [tb, { cough: 'yes' }, 'urgent', 'tb-symptom'], [tb, { 'night-sweats': 'yes', hiv: 'positive' }, 'urgent', 'tb-symptom-hiv'],
    [tb, { hiv: 'positive' }, 'soon', 'tb-hiv'], [tb, { contact: 'yes' }, 'soon', 'tb-contact'],
    [dr, { 'acuity-left': '6/18' }, 'soon', 'dr-acuity-low'], [dr, { 'acuity-right': 'hand' }, 'urgent', 'dr-acuity-very-low'],
    [dr, { 'sudden-loss': 'yes', pregnancy: 'yes' }, 'immediate', 'dr-sudden-loss'], [dr, { systolic: 180 }, 'urgent', 'dr-pressure'],
    [lung, { oxygen: 89 }, 'immediate', 'lus-oxygen'], [lung, { 'breathing-rate': 30 }, 'urgent', 'lus-breathing']
  ] as const)('does not overrule %#: %o', (programme, answers, level, code) => {
    expect(escalate(programme, answers, negative)).toMatchObject({ level, code })
  })

  it.each([
    [tb, { cough: 'no', fever: 'no', contact: 'unknown', hiv: 'negative', 'previous-tb': 'yes' }], [dr, { 'acuity-left': '6/12', 'acuity-right': '6/6', systolic: 179, diastolic: 109, hba1c: 12 }],
    [lung, { oxygen: 90, 'breathing-rate': 29 }]
  ] as const)('stays where nothing asks for more: %#', (programme, answers) => {
    expect(escalate(programme, answers, negative)).toBe(negative)
  })

  it('is the only thing that never becomes immediate by itself', () => {
    expect(TRIAGE_TABLE.map(({ level }) => level)).not.toContain('immediate')
    expect(programmes.flatMap(({ rules }) => rules).some(({ level }) => level === 'immediate')).toBe(true)
  })
})

describe('a refusal', () => {
  it('names the field and what to do', () => {
    const result = validateAnswers(dr, { hba1c: '99', 'acuity-left': '20/20', shoe: '42' })
    expect(result.ok ? [] : result.error.map(({ code, path }) => [code, path])).toEqual([['answer-unknown-field', undefined], ['answer-out-of-range', 'hba1c'], ['answer-unknown', 'acuity-left']])
    expect(validateAnswers(dr, { hba1c: ' 7,4 ', systolic: '', 'sudden-loss': undefined })).toEqual({ ok: true, value: { hba1c: 7.4 } })
    expect(validateAnswers(dr, { hba1c: '0x10' }).ok).toBe(false)
    expect(validateAnswers(dr, { hba1c: ['7'] }).ok).toBe(false)
  })

  it('of a data file names its rule', () => {
    const broken = { ...tb, rules: [{ code: 'odd', level: 'soon', text: 'x', source: 'y', when: { field: 'hiv', is: ['perhaps'] } }] }
    expect(() => parseProgramme(broken)).toThrow(/odd speaks of 'hiv'/)
    expect(() => parseProgramme({ ...tb, rules: [{ ...broken.rules[0], level: 'routine' }] })).toThrow(/level/)
  })
})

describe('coming back', () => {
  it('is due by the shortest interval that applies', () => {
    const seen = { at: '2026-11-30T10:00:00.000Z', answers: {} }
    expect(recallDue(dr, { ...seen, level: 'routine' })).toMatchObject({ dueOn: '2027-11-30', months: 12 })
    expect(recallDue(dr, { ...seen, level: 'routine', answers: { pregnancy: 'yes' } })).toMatchObject({ dueOn: '2027-02-28', months: 3 })
    expect(recallDue(dr, { ...seen, level: 'urgent' })).toBeUndefined()
    expect(addMonths('2024-01-31T00:00:00.000Z', 1)).toBe('2024-02-29')
  })

  it('lists every rule that applied, the most urgent first', () => {
    expect(escalationsOf(dr, { 'sudden-loss': 'yes', pregnancy: 'yes', 'acuity-left': 'hand' }).map(({ code }) => code)).toEqual(['dr-sudden-loss', 'dr-acuity-very-low', 'dr-acuity-low', 'dr-pregnancy'])
  })
})
