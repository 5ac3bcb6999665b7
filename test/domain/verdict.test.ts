import { describe, expect, it } from 'vitest'
import type { Triage } from '../../src/domain/finding.js'
import type { ProgrammeAnswers } from '../../src/domain/programme-answers.js'
import type { Study } from '../../src/domain/study.js'
import { verdictOf } from '../../src/domain/study.js'

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
