import { describe, expect, it } from 'vitest'
import type { StudySummary } from '../../src/domain/study.js'
import { recallCandidates, referralsWithoutOutcome } from '../../src/programmes/due.js'
import { summarise } from '../../src/store/summary.js'
import { sampleStudy } from '../report/sample-study.js'

let sequence = 0
const summary = (over: Partial<StudySummary>): StudySummary => ({
  id: `20260101-0000000${sequence += 1}`, sequence, revision: 1, state: 'ready', modality: 'fundus', receivedAt: '2026-01-31T08:00:00.000Z', patientId: 'P-00000001',
  triageLevel: 'routine', positives: [], reviewed: false, deviceId: 'eye', fingerprint: String(sequence), ...over
})

describe('a recall', () => {
  it('counts from the newest image of a kind, at the earliest day that a rule could ask for', () => {
    const found = recallCandidates([summary({}), summary({ receivedAt: '2026-03-31T08:00:00.000Z' }), summary({ modality: 'cxr' }), summary({ patientId: undefined }), summary({ modality: 'ultrasound' })])
    expect(found.map(({ earliest }) => earliest).toSorted()).toEqual(['2026-06-30', '2026-07-31'])
  })
  it('is nobody’s who was referred for good', () => {
    expect(recallCandidates([summary({ triageLevel: 'urgent' })])).toEqual([])
  })
})

describe('a referral', () => {
  it('is asked about when its time has passed and nothing came back, the longest waiting first', () => {
    const [soon, urgent, done] = [summary({ triageLevel: 'soon' }), summary({ triageLevel: 'urgent' }), summary({ triageLevel: 'urgent', outcomes: ['xpert'] })]
    const waiting = (now: string): string[] => referralsWithoutOutcome([urgent, done, soon, summary({})], now).map(({ id }) => id)
    expect(waiting('2026-02-05T08:00:00.000Z')).toEqual([])
    expect(waiting('2026-02-08T08:00:00.000Z')).toEqual([urgent.id])
    expect(waiting('2026-05-01T08:00:00.000Z')).toEqual([soon.id, urgent.id])
  })
})

describe('somebody who did not come', () => {
  const entered = (value: string) => summarise({ ...sampleStudy, outcomes: [{ at: 'x', by: 'nurse', kind: 'attendance', value, onDate: '2026-03-01' }] }).outcomes
  it('is still waited for; who came is not', () => {
    expect([entered('did-not-attend'), entered('attended')]).toEqual([[], ['attendance']])
    expect(referralsWithoutOutcome([{ ...summarise(sampleStudy), triageLevel: 'urgent', outcomes: entered('did-not-attend')! }], '2027-01-01T00:00:00.000Z')).toHaveLength(1)
  })
})
