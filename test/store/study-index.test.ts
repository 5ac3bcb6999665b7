import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NotFoundError } from '../../src/domain/errors.js'
import type { StudySummary } from '../../src/domain/study.js'
import { levelsShown } from '../../src/programmes/eyes.js'
import { StudyIndex } from '../../src/store/study-index.js'
import type { StudyQuery } from '../../src/store/study-query.js'

const summary = (sequence: number, overrides: Partial<StudySummary> = {}): StudySummary => ({
  id: `20260301-${String(sequence).padStart(8, '0')}`, sequence, revision: 1, state: 'ready', receivedAt: '2026-03-01T08:00:00.000Z',
  triageLevel: 'routine', positives: [], reviewed: false, deviceId: 'inbox', fingerprint: `f${sequence}`, ...overrides
})
const sequences = (index: StudyIndex, query: StudyQuery): number[] => index.list(query).studies.map((each) => each.sequence)

const anySummary = fc.record({
  sequence: fc.integer({ min: 1, max: 12 }), state: fc.constantFrom('received', 'needs-input', 'analysing', 'ready', 'failed'),
  triageLevel: fc.constantFrom('none', 'routine', 'soon', 'urgent', 'immediate'), reviewed: fc.boolean(),
  patientId: fc.option(fc.constantFrom('P-00000001', 'P-00000002'), { nil: undefined }), modality: fc.constantFrom('fundus', 'cxr'),
  gradable: fc.option(fc.boolean(), { nil: undefined }), asked: fc.option(fc.constant(true as const), { nil: undefined }), awaitsAge: fc.option(fc.constant(true as const), { nil: undefined })
}).map(({ sequence, ...overrides }) => summary(sequence, overrides as Partial<StudySummary>))
const queries: StudyQuery[] = [
  {}, { order: 'newest' }, { state: 'ready' }, { level: 'urgent', order: 'newest' }, { patientId: 'P-00000001' },
  { unattached: true, modality: 'cxr' }, { unattached: false }, { asked: true }, { shown: 'urgent' }, { shown: 'none', order: 'newest' }, { deviceId: 'inbox' }, { deviceId: 'other' }, { gradable: false, state: 'ready' }
]

describe('the lists', () => {
  it('put the most urgent first, what nobody could grade before routine, unreviewed before reviewed', () => {
    const index = new StudyIndex([
      summary(1), summary(2, { triageLevel: 'urgent' }), summary(3, { state: 'failed', triageLevel: 'none' }), summary(4, { triageLevel: 'immediate' }),
      summary(5, { state: 'received', triageLevel: 'none' }), summary(6, { triageLevel: 'soon' }), summary(7, { triageLevel: 'urgent', reviewed: true }),
      summary(8, { triageLevel: 'urgent', reviewed: true }), summary(9, { triageLevel: 'urgent' }), summary(10, { triageLevel: 'none' }),
      summary(11, { state: 'analysing', triageLevel: 'urgent' }), summary(12, { state: 'failed', triageLevel: 'routine' }), summary(13, { awaitsAge: true })
    ])
    expect(sequences(index, {})).toEqual([4, 2, 9, 11, 8, 7, 6, 3, 5, 10, 12, 13, 1])
    expect(sequences(index, { order: 'newest', limit: 3 })).toEqual([13, 12, 11])
  })

  it('hold by quality what was judged so, and not what nobody judged', () => {
    const index = new StudyIndex([summary(1, { gradable: false }), summary(2, { gradable: true }), summary(3), summary(4, { gradable: false, state: 'failed' })])
    expect([{ gradable: false }, { gradable: true }, { gradable: false, state: 'ready' } as const].map((query) => sequences(index, query).toSorted())).toEqual([[1, 4], [2], [1]])
  })

  it.each([() => new Map(), levelsShown])('after any changes are as if made anew, in every filter and order, with every counter (%#)', (levels) => {
    fc.assert(fc.property(fc.array(anySummary, { maxLength: 40 }), (changes) => {
      const index = new StudyIndex()
      index.showAt(levels)
      const state = new Map<string, StudySummary>()
      for (const change of changes) {
        index.put(change)
        state.set(change.id, change)
        for (const query of queries) index.list(query)
      }
      const fresh = new StudyIndex(state.values())
      fresh.showAt(levels)
      for (const query of queries) expect(index.list(query)).toEqual(fresh.list(query))
      expect(index.counts()).toEqual(fresh.counts())
      expect(index.pending()).toEqual(fresh.pending())
    }))
  })

  it('rank and count both eyes of a person at the level of the worse, and a clear eye alone as open', () => {
    const [first, second, third] = ['P-00000001', 'P-00000002', 'P-00000003']
    const eye = (sequence: number, patientId: string | undefined, laterality: 'L' | 'R', over: Partial<StudySummary> = {}): StudySummary => summary(sequence, { modality: 'fundus', patientId, laterality, ...over })
    const index = new StudyIndex([eye(1, first, 'R'), eye(2, second, 'R'), eye(3, second, 'L'), eye(4, third, 'R'), eye(5, undefined, 'R')])
    let excused = false
    index.showAt((lines) => levelsShown(lines, excused && lines[0]?.patientId === third ? { L: { excuse: 'no-eye', at: '2026-03-01T08:00:00.000Z', by: 'nurse' } } : {}))
    expect(sequences(index, {})).toEqual([1, 4, 5, 2, 3])
    index.put(eye(6, first, 'L', { triageLevel: 'urgent' }))
    expect([sequences(index, {}), sequences(index, { shown: 'urgent' }), sequences(index, { level: 'urgent' })]).toEqual([[1, 6, 4, 5, 2, 3], [1, 6], [6]])
    index.put(eye(6, second, 'L', { triageLevel: 'soon' }))
    expect([sequences(index, {}), sequences(index, { shown: 'urgent' })]).toEqual([[2, 3, 6, 1, 4, 5], []])
    excused = true
    index.showAgain(third)
    expect(sequences(index, {})).toEqual([2, 3, 6, 1, 5, 4])
    expect(index.get('20260301-00000002')).not.toHaveProperty('shownLevel')
  })

  it('show every study once, page by page', () => {
    fc.assert(fc.property(fc.uniqueArray(anySummary, { selector: (each) => each.sequence }), fc.integer({ min: 1, max: 5 }), (all, limit) => {
      const index = new StudyIndex(all)
      index.showAt(levelsShown)
      const seen: number[] = []
      for (let cursor: string | undefined, more = true; more;) {
        const page = index.list({ limit, cursor })
        seen.push(...page.studies.map((each) => each.sequence))
        expect(page.total).toBe(all.length)
        cursor = page.next
        more = cursor !== undefined
      }
      expect(seen).toEqual(sequences(index, {}))
    }))
  })

  it('go on at the same place when studies arrive or change between two pages', () => {
    const index = new StudyIndex(Array.from({ length: 6 }, (_, number) => summary(number + 1)))
    const { next } = index.list({ limit: 3 })
    index.put(summary(7, { triageLevel: 'urgent' }))
    index.put(summary(3, { triageLevel: 'urgent' }))
    expect(sequences(index, { cursor: next })).toEqual([4, 5, 6])
  })

  it('refuse a cursor that is not theirs', () => {
    expect(() => new StudyIndex([summary(1)]).list({ cursor: 'abc' })).toThrow(NotFoundError)
  })
})
