import { describe, expect, it } from 'vitest'
import { blindView, readsBlind, secondReadOf } from '../../src/domain/second-read.js'
import { enterOutcome, markRegion, noteOn, outcomesInForce, shownRegions, withdrawRegion } from '../../src/domain/study-additions.js'
import type { ReviewInput } from '../../src/domain/study-changes.js'
import { reviewStudy } from '../../src/domain/study-changes.js'
import type { Study } from '../../src/domain/study.js'
import { verdictOf } from '../../src/domain/study.js'
import { urgentFundus } from '../web/views/samples.js'

const accept: ReviewInput = { action: 'accept', reason: '' }
const change = (level: 'routine' | 'soon' | 'urgent' | 'immediate'): ReviewInput => ({ action: 'change', reason: 'seen', triage: { level, text: level } })
let hour = 0
const read = (study: Study, by: string, input: ReviewInput): Study => {
  const done = reviewStudy(study, { ...input, asksSecond: true }, `2026-11-21T${String(hour = (hour + 1) % 24).padStart(2, '0')}:00:00.000Z`, by)
  if (!done.ok) throw new Error(done.error.message)
  return done.value
}
const states = (...steps: [string, ReviewInput][]): Study => steps.reduce((study, [by, input]) => read(study, by, input), urgentFundus)

describe('a second reader', () => {
  it('is waited for after the first, and reads without seeing what was decided', () => {
    const once = states(['ann', change('routine')])
    expect(secondReadOf(once)).toMatchObject({ state: 'wanted', first: { by: 'ann' } })
    expect([readsBlind(once, 'ann'), readsBlind(once, 'ben')]).toEqual([false, true])
    const seen = blindView({ ...once, notes: [{ at: 'x', by: 'ann', text: 'old scar' }], saidOfOthers: [{ patientId: 'P-00000000', notes: [{ at: 'x', by: 'ann', text: 'old scar' }] }], history: [...once.history, { at: 'x', by: 'ann', event: 'review.change' }] })
    expect(verdictOf(seen)?.level).toBe('urgent')
    expect(JSON.stringify(seen)).not.toMatch(/"ann"|old scar/)
  })

  it('agrees, or leaves the more urgent in force until somebody settles it', () => {
    expect(secondReadOf(states(['ann', accept], ['ben', accept]))?.state).toBe('agreed')
    expect(secondReadOf(states(['ann', change('routine')], ['ben', change('routine')]))?.state).toBe('agreed')
    const apart = states(['ann', change('routine')], ['ben', accept])
    expect([secondReadOf(apart)?.state, verdictOf(apart)?.level]).toEqual(['discordant', 'urgent'])
    const raised = states(['ann', accept], ['ben', change('immediate')])
    expect([secondReadOf(raised)?.state, verdictOf(raised)?.level]).toEqual(['discordant', 'immediate'])
    const lowered = states(['ann', change('immediate')], ['ben', change('soon')])
    expect(verdictOf(lowered)?.level).toBe('immediate')
    const settled = read(lowered, 'ann', change('soon'))
    expect([secondReadOf(settled)?.state, verdictOf(settled)?.level]).toEqual(['settled', 'soon'])
  })

  it('stays the second when the first thinks again, and is not wanted where nobody asks', () => {
    const twice = states(['ann', accept], ['ann', change('soon')])
    expect(secondReadOf(twice)).toMatchObject({ state: 'wanted', first: { action: 'change' } })
    expect(read(twice, 'ben', change('soon')).reviews.map(({ blind }) => blind ?? false)).toEqual([false, false, true])
    const alone = reviewStudy(urgentFundus, accept, 'x', 'ann')
    expect(alone.ok && secondReadOf(alone.value)).toBeUndefined()
    expect(secondReadOf(states(['ann', { action: 'reject', reason: 'lid' }], ['ben', accept]))?.state).toBe('discordant')
  })
})

describe('what people add', () => {
  const who = { at: '2026-11-21T09:00:00.000Z', by: 'ann' }
  const area = { id: 'r1', frame: 0, x: 0.25, y: 0.5, width: 0.5, height: 0.5, text: ' drusen ' }
  it('is kept: notes, places that are taken off, results one after the other', () => {
    expect(noteOn(urgentFundus, '  ', who)).toMatchObject({ ok: false, error: { code: 'note-empty' } })
    const marked = markRegion(urgentFundus, area, who)
    expect(marked.ok && shownRegions(marked.value)).toMatchObject([{ text: 'drusen', by: 'ann' }])
    const off = marked.ok ? withdrawRegion(marked.value, 'r1', who) : marked
    expect(off.ok && [shownRegions(off.value).length, off.value.regions?.length]).toEqual([0, 1])
    expect(off.ok && withdrawRegion(off.value, 'r1', who)).toMatchObject({ ok: false })
    const first = enterOutcome(urgentFundus, { kind: 'grade', value: 'mild', onDate: '2026-11-20' }, who)
    const second = first.ok ? enterOutcome(first.value, { kind: 'grade', value: 'severe', onDate: '2026-11-21', note: ' seen again ' }, who) : first
    expect(second.ok && [second.value.outcomes?.length, outcomesInForce(second.value)]).toMatchObject([2, [{ value: 'severe', note: 'seen again' }]])
  })

  it.each([{ x: -0.1 }, { width: 0.9 }, { height: 0 }, { frame: 1 }, { x: Number.NaN }])('refuses a place outside the picture: %o', (over) => {
    expect(markRegion(urgentFundus, { ...area, ...over }, who)).toMatchObject({ ok: false, error: { code: 'bad-region' } })
  })

  it.each(['2026-11-22', 'yesterday', '2026-13-01'])('refuses a result of the day %s', (onDate) => {
    expect(enterOutcome(urgentFundus, { kind: 'grade', value: 'mild', onDate }, who)).toMatchObject({ ok: false, error: { code: 'bad-outcome-date' } })
  })
})
