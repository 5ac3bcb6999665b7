import { describe, expect, it } from 'vitest'
import type { Study } from '../../../src/domain/study.js'
import { eyePhotoOf, eyesVerdict } from '../../../src/programmes/eyes.js'
import { findingsPart, verdictPart } from '../../../src/web/views/study/verdict.js'
import { wordsFor } from '../../../src/i18n/words.js'
import { studyFragment } from '../../../src/web/views/study/study.js'
import { clip, failed, pageFor, patient, positiveChest, routineFundus, ungradableFundus, urgentFundus } from './samples.js'

const next = (study: Study, failedTries = 0): string | undefined =>
  /<p class="what-next"><bdi>([^<]*)<\/bdi><\/p>/.exec(verdictPart(pageFor('operator', '/'), { study, others: [], failedTries, packs: [] }).markup)?.[1]
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

  it('never asks for another try where it would not help: something else, only lying wrongly, or nothing that reads it', () => {
    for (const code of ['wrong-image', 'rotated', 'no-pack']) expect(next(withReason(code), 2)).toBe('No verdict for this image. The reason is below.')
  })

  it('is to take a photo again whose file came cut off, and to read again what failed for another reason', () => {
    const shown = (code: string) => studyFragment(pageFor('operator', '/'), { study: { ...failed, patientId: patient.id, failure: { code, message: 'x' } }, patient, others: [], failedTries: 0, packs: [] }).markup
    expect(shown('truncated')).toMatch(/class="button" href="\/capture\?patient=[^"]+">.*Take it again.*<button class="quiet">.*Try to read it again/s)
    expect(shown('reader-crashed')).toMatch(/<button>.*Try to read it again/s)
    expect(shown('reader-crashed')).not.toContain('Take it again')
  })

  it('is to tell the technician where the threshold is not in order, in the language of the page', () => {
    const failure = { code: 'unknown-operating-point', message: 'Name one of screening, strict.' }
    const words = wordsFor('sw', 'UTC')
    const { markup } = studyFragment(pageFor('operator', '/', { words }), { study: { ...failed, failure }, others: [], failedTries: 0, packs: [] })
    expect(markup).toContain(words.t('why.pack-threshold'))
    expect(markup).toContain(failure.message)
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

  it('never puts what the centre wrote of another person above the picture, and says it where that stands', () => {
    const markup = (of?: string) => studyFragment(pageFor('operator', '/'), { study: { ...positiveChest, overreads: positiveChest.overreads!.map((one) => ({ ...one, ...(of ? { of } : {}) })) }, others: [], failedTries: 0, packs: [] }).markup
    const [own, moved] = [markup(), markup('P-0000000A')]
    expect([own.includes('href="#overread"'), own.includes('under another person')]).toEqual([true, false])
    expect([moved.includes('href="#overread"'), moved.includes('under another person'), moved.includes('P-0000000A')]).toEqual([false, true, false])
  })

  it('draws the score and the threshold where they are', () => {
    const markup = findingsPart(pageFor('viewer', '/'), urgentFundus.reading)?.markup
    expect(markup).toContain('width="91" height="6"')
    expect(markup).toContain('<rect class="mark" x="42"')
    expect(markup).toContain('Score 91.0 of 100, threshold 42.0')
  })
})

describe('an eye that is in doubt', () => {
  const asked = (study: Study): string => {
    const doubted: Study = { ...study, patientId: patient.id, laterality: 'R', questions: [{ code: 'laterality-conflict', text: 'Which eye?' }] }
    return verdictPart(pageFor('operator', '/'), { study: doubted, patient, others: [], failedTries: 0, packs: [], eyes: eyesVerdict([eyePhotoOf(doubted)!])! }).markup
  }

  it('is asked first, with nothing chosen already and no photo asked for that may be there', () => {
    const markup = asked({ ...routineFundus, reviews: [] })
    expect(markup.indexOf('It is not certain which eye this is')).toBeGreaterThan(0)
    expect(markup.indexOf('It is not certain which eye this is')).toBeLessThan(markup.indexOf('An eye is not seen yet'))
    expect(markup.match(/<input type="radio" name="laterality" value="[RL]" required>/g)).toHaveLength(2)
    expect(markup).not.toMatch(/checked|Take the (right|left) eye/)
  })

  it('never pushes down the advice to refer, which holds for either eye', () => {
    const markup = asked(urgentFundus)
    expect(markup.indexOf('Refer to an eye doctor')).toBeLessThan(markup.indexOf('It is not certain which eye this is'))
    expect(markup).toContain('name="laterality"')
  })
})

describe('advice in another language', () => {
  it('is the catalogue’s by its code, and the clinician’s own words stay as written', () => {
    const shown = (study: Study) => verdictPart({ ...pageFor('operator', '/'), words: wordsFor('fr', 'UTC') }, { study, others: [], failedTries: 0, packs: [] }).markup
    expect(shown(urgentFundus)).toContain('Orientez vers un ophtalmologue')
    expect(shown(clip)).toContain('Listen to the lungs and measure oxygen')
  })

  it('stands before what the image alone says when answers raise it', () => {
    const programmeAnswers = { programme: 'diabetic-retinopathy', version: 1, at: '2026-11-21T10:00:00.000Z', by: 'amina', answers: { 'sudden-loss': 'yes' }, escalations: [{ level: 'immediate', text: 'Send to an eye doctor today.', code: 'dr-sudden-loss' }] } as const
    const markup = verdictPart(pageFor('operator', '/'), { study: { ...routineFundus, reviews: [], programmeAnswers }, others: [], failedTries: 0, packs: [] }).markup
    expect(markup).toMatch(/class="card verdict immediate"/)
    expect(markup.indexOf('Send to an eye doctor today.')).toBeLessThan(markup.indexOf('The image alone:'))
    expect(markup).toContain('photograph both eyes again in 12 months')
  })
})
