import { describe, expect, it } from 'vitest'
import type { Triage } from '../../src/domain/finding.js'
import type { ProgrammeAnswers } from '../../src/domain/programme-answers.js'
import type { Study } from '../../src/domain/study.js'
import { answerProgramme, reviewStudy } from '../../src/domain/study-changes.js'
import { imageVerdictOf, isReviewed, verdictOf } from '../../src/domain/study.js'

const routine: Triage = { level: 'routine', text: 'No sign.', code: 'tb-none' }
const urgent: Triage = { level: 'urgent', text: 'Collect sputum.', code: 'tb-symptom' }
const answersAt = (at: string, ...escalations: Triage[]): ProgrammeAnswers => ({ programme: 'tuberculosis', version: 1, at, by: 'amina', answers: {}, escalations })
const study = (over: Partial<Study>): Study => ({ triage: routine, reviews: [], ...over }) as unknown as Study
const change = (at: string): Study['reviews'] => [{ at, by: 'dr', action: 'change', triage: { level: 'soon', text: 'Next week.' }, reason: 'Seen.' }]

describe('the verdict in force', () => {
  it('is raised by the answers and never lowered', () => {
    expect(verdictOf(study({ programmeAnswers: answersAt('2026-01-01', urgent) }))).toBe(urgent)
    const immediate: Triage = { level: 'immediate', text: 'Now.' }
    expect(verdictOf(study({ triage: immediate, programmeAnswers: answersAt('2026-01-01', urgent) }))).toBe(immediate)
    expect(verdictOf(study({ programmeAnswers: answersAt('2026-01-01') }))).toBe(routine)
  })

  it('counts for an image that could not be graded or read', () => {
    expect(verdictOf(study({ triage: { level: 'none', text: 'ungradable' }, programmeAnswers: answersAt('2026-01-01', urgent) }))).toBe(urgent)
    expect(verdictOf(study({ triage: undefined, programmeAnswers: answersAt('2026-01-01', urgent) }))).toBe(urgent)
  })

  it('is the clinician’s where they saw the answers, and raised again by later ones', () => {
    const answers = answersAt('2026-01-02', urgent)
    expect(verdictOf(study({ programmeAnswers: answers, reviews: change('2026-01-03') }))?.level).toBe('soon')
    expect(verdictOf(study({ programmeAnswers: answers, reviews: change('2026-01-01') }))).toBe(urgent)
  })
})

describe('what a clinician decided', () => {
  it.each([['changed', change('2026-01-03')], ['rejected', [{ ...change('2026-01-03')[0]!, action: 'reject' as const, triage: undefined }]]])('and %s is to be looked at again once later answers ask for more, and not before', (_how, reviews) => {
    const decided = (answers?: ProgrammeAnswers) => study({ state: 'ready', reviews, ...(answers ? { programmeAnswers: answers } : {}) })
    expect([isReviewed(decided()), isReviewed(decided(answersAt('2026-01-04'))), isReviewed(decided(answersAt('2026-01-02', urgent)))]).toEqual([true, true, true])
    const raised = decided(answersAt('2026-01-04', urgent))
    expect([verdictOf(raised), isReviewed(raised)]).toEqual([urgent, false])
    const backInTime = answerProgramme(decided(), answersAt('1970-01-01', urgent))
    expect([verdictOf(backInTime), isReviewed(backInTime)]).toEqual([urgent, false])
    const again = reviewStudy(backInTime, { action: 'change', triage: routine, reason: 'Seen.' }, '1970-01-01', 'dr')
    expect(again.ok && [verdictOf(again.value), isReviewed(again.value)]).toEqual([routine, true])
  })
})

describe('a verdict that a clinician rejected', () => {
  const reject: Study['reviews'] = [{ at: '2026-01-03', by: 'dr', action: 'reject', reason: 'Wrong eye.' }]

  it('is none, never the routine that the pack gave', () => {
    expect(verdictOf(study({ reviews: reject }))).toMatchObject({ level: 'none', code: 'rejected' })
    expect(verdictOf(study({ triage: urgent, reviews: reject }))?.level).toBe('none')
  })

  it('is raised by answers of the form all the same, beside an image that says nothing', () => {
    const raised = study({ reviews: reject, programmeAnswers: answersAt('2026-01-01', urgent) })
    expect([verdictOf(raised), imageVerdictOf(raised)?.code]).toEqual([urgent, 'rejected'])
  })

  it('can be changed by another clinician and not accepted', () => {
    const rejected = { ...study({ reviews: reject }), state: 'ready' } as Study
    expect(reviewStudy(rejected, { action: 'accept', reason: '' }, '2026-01-04', 'other')).toMatchObject({ ok: false, error: { code: 'nothing-to-accept' } })
    expect(verdictOf({ ...rejected, reviews: [...reject, ...change('2026-01-04')] })?.level).toBe('soon')
  })
})

describe('a verdict of an earlier reading', () => {
  it.each(['received', 'analysing', 'failed'] as const)('clears nobody while the study is %s, and is not forgotten when it was urgent', (state) => {
    expect(verdictOf(study({ state }))).toBeUndefined()
    expect(verdictOf(study({ state, triage: urgent }))).toBe(urgent)
  })

  const accepted = (over: Partial<Study>): Study => {
    const done = reviewStudy(study({ state: 'ready', ...over }), { action: 'accept', reason: '' }, '2026-01-02', 'dr')
    if (!done.ok) throw new Error(done.error.message)
    return done.value
  }

  it('is not the one that somebody accepted once another reading says otherwise', () => {
    const once = accepted({ triage: { level: 'none', code: 'ungradable', text: 'ungradable' } })
    expect(isReviewed(once)).toBe(true)
    expect(isReviewed({ ...once, triage: routine })).toBe(false)
    expect(isReviewed({ ...once, programmeAnswers: answersAt('2026-01-03', urgent) })).toBe(false)
  })

  it('stays in force where a person accepted that it is urgent', () => {
    expect(verdictOf({ ...accepted({ triage: urgent }), triage: routine })).toEqual(urgent)
    expect(verdictOf({ ...accepted({ triage: routine }), triage: urgent })).toEqual(urgent)
  })
})

describe('answers of the form after a clinician’s change', () => {
  it('raise it whatever the clock says: it was put back in between', () => {
    const later = answerProgramme(study({ reviews: change('2027-01-01') }), answersAt('2026-01-01', urgent))
    expect(verdictOf(later)).toBe(urgent)
    expect(verdictOf({ ...later, reviews: [...later.reviews, ...change('2026-01-02')] })?.level).toBe('soon')
  })
})
