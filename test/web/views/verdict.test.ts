import { describe, expect, it } from 'vitest'
import type { Study } from '../../../src/domain/study.js'
import { findingsPart, verdictPart } from '../../../src/web/views/study/verdict.js'
import { clip, pageFor, patient, ungradableFundus, urgentFundus } from './samples.js'

const next = (study: Study, failedTries = 0): string | undefined =>
  /<p class="what-next">([^<]*)<\/p>/.exec(verdictPart(pageFor('operator', '/'), { study, others: [], failedTries, packs: [] }).markup)?.[1]
const withReason = (code: string): Study => ({ ...ungradableFundus, reading: ungradableFundus.reading && { ...ungradableFundus.reading, quality: { gradable: false, score: 0, reasons: [{ code, text: 'x' }] } } })

describe('what to do next', () => {
  it('is the triage table’s sentence, or the clinician’s', () => {
    expect(next(urgentFundus)).toBe(urgentFundus.triage?.text)
    expect(next(clip)).toBe(clip.reviews[0]?.triage?.text)
  })

  it('is to take an ungradable image again, and after two tries to refer', () => {
    expect(next(withReason('blurred'), 1)).toMatch(/^Take the image again/)
    expect(next(withReason('blurred'), 2)).toBe('Refer the patient as ungradable.')
  })

  it('never asks for another try when the image is of something else', () => {
    for (const code of ['wrong-image', 'no-pack']) expect(next(withReason(code), 2)).toBe('No verdict for this image. The reason is below.')
  })

  it('keeps a change in force when a later reviewer accepts it, and drops the verdict when one rejects it', () => {
    const later = (action: 'accept' | 'reject'): Study => ({ ...clip, reviews: [...clip.reviews, { at: clip.receivedAt, by: 'x', action, reason: '' }] })
    expect(next(later('accept'))).toBe(clip.reviews[0]?.triage?.text)
    expect(next(later('reject'))).toMatch(/^A clinician rejected/)
  })

  it('stands beside the name of the person, or the question whose it is', () => {
    const markup = (who?: typeof patient) => verdictPart(pageFor('operator', '/'), { study: urgentFundus, patient: who, others: [], failedTries: 0, packs: [] }).markup
    expect(markup(patient)).toContain(patient.name)
    expect(markup()).toContain('Whose is this?')
  })

  it('draws the score and the threshold where they are', () => {
    const markup = findingsPart(pageFor('viewer', '/'), urgentFundus.reading)?.markup
    expect(markup).toContain('width="91" height="6"')
    expect(markup).toContain('<rect class="mark" x="42"')
    expect(markup).toContain('Score 91.0 of 100, threshold 42.0')
  })
})
