import { describe, expect, it } from 'vitest'
import type { StudySummary } from '../../src/domain/study.js'
import { eyeGaps, recallCandidates, referralsWithoutOutcome } from '../../src/programmes/due.js'
import { summarise } from '../../src/store/summary.js'
import { sampleStudy } from '../report/sample-study.js'

let sequence = 0
const summary = (over: Partial<StudySummary>): StudySummary => ({
  id: `20260101-0000000${sequence += 1}`, sequence, revision: 1, state: 'ready', modality: 'fundus', receivedAt: '2026-01-31T08:00:00.000Z', patientId: 'P-00000001',
  triageLevel: 'routine', positives: [], reviewed: false, deviceId: 'eye', fingerprint: String(sequence), ...over
})

describe('a recall', () => {
  it('counts from the newest image of a kind, at the earliest day that a rule could ask for', () => {
    const found = recallCandidates([summary({ laterality: 'L', receivedAt: '2026-03-30T08:00:00.000Z' }), summary({ laterality: 'R', receivedAt: '2026-03-31T08:00:00.000Z' }), summary({ modality: 'cxr' }), summary({ patientId: undefined }), summary({ modality: 'ultrasound' })])
    expect(found.map(({ earliest }) => earliest).toSorted()).toEqual(['2026-06-30', '2026-07-31'])
  })
  it('follows both eyes: a clear one alone calls nobody back in a year, and two years later nobody is forgotten', () => {
    const [right, left] = [summary({ laterality: 'R', receivedAt: '2023-01-31T08:00:00.000Z' }), summary({ laterality: 'L', receivedAt: '2023-01-31T08:00:00.000Z' })]
    expect(recallCandidates([right])).toEqual([])
    expect(recallCandidates([right, left])).toMatchObject([{ level: 'routine', earliest: '2023-04-30' }])
    expect(recallCandidates([{ ...right, triageLevel: 'none', gradable: false }, left])).toEqual([])
    expect(recallCandidates([right], () => ({ L: { excuse: 'no-eye', at: '2020-01-01T00:00:00.000Z', by: 'nurse' } }))).toHaveLength(1)
    expect(recallCandidates([{ ...right, triageLevel: 'urgent' }, left])).toEqual([])
  })
  it('is nobody’s whose verdict waits for an age, and no referral of them is waited for', () => {
    const film = summary({ modality: 'cxr', awaitsAge: true })
    expect(recallCandidates([film])).toEqual([])
    expect(recallCandidates([summary({ modality: 'cxr' })])).toHaveLength(1)
    expect(referralsWithoutOutcome([{ ...film, triageLevel: 'soon' }], '2027-01-01T00:00:00.000Z')).toEqual([])
  })
  it('stays that of the verdict before, where the newest film could not be graded, was rejected or waits for an age', () => {
    const [before, ungradable] = [summary({ modality: 'cxr' }), summary({ modality: 'cxr', receivedAt: '2027-01-20T08:00:00.000Z', triageLevel: 'none' })]
    const waiting: StudySummary = { ...ungradable, triageLevel: 'routine', awaitsAge: true }
    for (const newest of [ungradable, waiting]) expect(recallCandidates([before, newest])).toMatchObject([{ studyId: before.id, earliest: '2026-07-31' }])
    expect(recallCandidates([before, { ...ungradable, triageLevel: 'urgent' }])).toEqual([])
  })
  it('is nobody’s who was referred for good', () => {
    expect(recallCandidates([summary({ triageLevel: 'urgent' })])).toEqual([])
  })
})

describe('eyes that are not done', () => {
  const right = summary({ laterality: 'R' })
  it('are an eye that was not seen, or could not be graded, until a result comes back', () => {
    expect(eyeGaps([right])).toEqual([{ patientId: right.patientId, code: 'eyes-incomplete', since: right.receivedAt }])
    const useless = [summary({ laterality: 'L', triageLevel: 'none' }), summary({ laterality: 'L', triageLevel: 'none' })]
    expect(eyeGaps([right, ...useless])).toMatchObject([{ code: 'eyes-refer-ungradable' }])
    expect(eyeGaps([right, { ...useless[0]!, outcomes: ['attendance'] }])).toEqual([])
    expect(eyeGaps([right, summary({ laterality: 'L' })])).toEqual([])
    expect(eyeGaps([right, summary({ laterality: 'L', state: 'received', triageLevel: 'none' })])).toEqual([])
    expect(eyeGaps([summary({ modality: 'cxr' })])).toEqual([])
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

  it('is asked about at once where its image came by a clock that was ahead, and nobody knows when', () => {
    const ahead = summary({ triageLevel: 'urgent', receivedAt: '2099-01-01T00:00:00.000Z', timeUncertain: true })
    expect(referralsWithoutOutcome([ahead, { ...ahead, timeUncertain: undefined }], '2026-03-01T08:00:00.000Z')).toEqual([ahead])
  })
})

describe('somebody who did not come', () => {
  const entered = (value: string) => summarise({ ...sampleStudy, outcomes: [{ at: 'x', by: 'nurse', kind: 'attendance', value, onDate: '2026-03-01' }] }).outcomes
  it('is still waited for; who came is not', () => {
    expect([entered('did-not-attend'), entered('attended')]).toEqual([[], ['attendance']])
    expect(referralsWithoutOutcome([{ ...summarise(sampleStudy), triageLevel: 'urgent', outcomes: entered('did-not-attend')! }], '2027-01-01T00:00:00.000Z')).toHaveLength(1)
  })
})
