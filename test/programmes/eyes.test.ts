import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import type { EyePhoto } from '../../src/programmes/eyes.js'
import { eyePhotoOf, eyesVerdict, eyesVerdictWith, isOldRound } from '../../src/programmes/eyes.js'
import { routineFundus, urgentFundus } from '../web/views/samples.js'

let made = 0
const photo = (side: EyePhoto['side'], outcome: EyePhoto['outcome'], over: Partial<EyePhoto> = {}): EyePhoto => ({
  id: `20260101-0000000${made += 1}`, sequence: made, receivedAt: '2026-01-10T08:00:00.000Z', outcome, level: outcome === 'referable' ? 'soon' : outcome === 'clear' ? 'routine' : 'none', text: outcome, ...(side ? { side } : {}), ...over
})
const verdictOf = (photos: readonly EyePhoto[], excuses?: Parameters<typeof eyesVerdict>[1]): string | undefined => eyesVerdict(photos, excuses)?.verdict
const on = (at: string) => ({ at, by: 'nurse' })

describe('the verdict of both eyes', () => {
  it('refers at the level of the worst eye, whatever the other one shows', () => {
    const both = eyesVerdict([photo('R', 'referable', { level: 'soon' }), photo('L', 'referable', { level: 'urgent', text: 'one month' })])
    expect(both).toMatchObject({ verdict: 'referable', level: 'urgent', text: 'one month' })
    for (const other of ['clear', 'useless', 'open'] as const) expect(verdictOf([photo('R', 'referable'), photo('L', other)])).toBe('referable')
    expect(verdictOf([photo(undefined, 'referable'), photo('R', 'clear'), photo('L', 'clear')])).toBe('referable')
  })

  it('is not referable only when both eyes are clear, or the other is excused', () => {
    expect(verdictOf([photo('R', 'clear'), photo('L', 'clear')])).toBe('not-referable')
    expect(verdictOf([photo('R', 'clear')])).toBe('incomplete')
    expect(verdictOf([photo('R', 'clear'), photo(undefined, 'clear')])).toBe('incomplete')
    expect(verdictOf([photo('R', 'clear'), photo('L', 'useless')])).toBe('incomplete')
    expect(verdictOf([photo('R', 'clear')], { L: { excuse: 'no-eye', ...on('2019-01-01T00:00:00.000Z') } })).toBe('not-referable')
    expect(verdictOf([photo('R', 'useless')], { L: { excuse: 'no-eye', ...on('2019-01-01T00:00:00.000Z') } })).toBe('incomplete')
  })

  it('forgets a reason of an earlier round, and takes none in place of a photo that failed but the care of an eye doctor', () => {
    expect(verdictOf([photo('R', 'clear')], { L: { excuse: 'declined', ...on('2025-06-01T00:00:00.000Z') } })).toBe('incomplete')
    expect(verdictOf([photo('R', 'clear')], { L: { excuse: 'declined', ...on('2026-01-10T09:00:00.000Z') } })).toBe('not-referable')
    expect(verdictOf([photo('R', 'clear'), photo('L', 'useless')], { L: { excuse: 'declined', ...on('2026-01-10T09:00:00.000Z') } })).toBe('incomplete')
    expect(verdictOf([photo('R', 'clear'), photo('L', 'useless')], { L: { excuse: 'in-care', ...on('2026-01-10T09:00:00.000Z') } })).toBe('not-referable')
  })

  it.each([['went back to 1970', '1970-01-01T00:10:00.000Z'], ['was put back by a year', '2025-01-11T08:00:00.000Z']])('is of the photos that came last, also where the clock %s between two rounds', (_how, receivedAt) => {
    const before = [photo('R', 'clear'), photo('L', 'clear')]
    const [right, left] = [photo('R', 'referable', { receivedAt, level: 'urgent' }), photo('L', 'clear', { receivedAt })]
    const [now, then] = [eyesVerdict([...before, right, left]), eyesVerdictWith(before[0]!, [...before, right, left])]
    expect([now?.verdict, now?.round, then?.verdict, then?.round.toSorted()]).toEqual(['referable', [left.id, right.id], 'not-referable', before.map(({ id }) => id)])
    expect(eyesVerdictWith(left, [...before, right, left])).toEqual(now)
  })

  it('is old where photos of another round came since, whatever day a clock gave them', () => {
    const [before, after] = [photo('R', 'clear'), photo('R', 'clear', { receivedAt: '2025-01-11T08:00:00.000Z' })]
    const ahead = photo('R', 'clear', { receivedAt: '2099-01-11T08:00:00.000Z' })
    const now = photo('L', 'clear')
    expect([before, after].map((each) => isOldRound(each, [before, after]))).toEqual([true, false])
    expect([before, ahead, now].map((each) => isOldRound(each, [before, ahead, now]))).toEqual([false, true, false])
    expect(isOldRound(before, [])).toBe(false)
  })

  it('refers as ungradable after two failed tries of an eye, and lets one good photo make up for them', () => {
    const tries = [photo('L', 'useless'), photo('L', 'useless')]
    expect(verdictOf([photo('R', 'clear'), ...tries])).toBe('refer-ungradable')
    expect(verdictOf([photo('R', 'clear'), ...tries, photo('L', 'clear')])).toBe('not-referable')
  })

  it('waits for what is being read, and looks at one round only', () => {
    expect(verdictOf([photo('R', 'clear'), photo('L', 'open')])).toBe('waiting')
    expect(verdictOf([photo('R', 'clear'), photo('L', 'clear', { receivedAt: '2025-01-10T08:00:00.000Z' })])).toBe('incomplete')
    expect(verdictOf([])).toBeUndefined()
  })

  it('never clears a person with one more photo that is not clear', () => {
    const any = fc.record({ side: fc.constantFrom('L', 'R', undefined), outcome: fc.constantFrom('referable', 'clear', 'useless', 'open') })
    fc.assert(fc.property(fc.array(any, { maxLength: 6 }), fc.constantFrom('L', 'R', undefined), (given, side) => {
      const photos = given.map((each) => photo(each.side as EyePhoto['side'], each.outcome as EyePhoto['outcome']))
      const before = verdictOf(photos)
      if (before !== 'not-referable') expect(verdictOf([...photos, photo(side as EyePhoto['side'], 'useless')])).not.toBe('not-referable')
      expect(verdictOf([...photos, photo(side as EyePhoto['side'], 'referable')])).toBe('referable')
    }))
  })
})

describe('what a photo says', () => {
  const outcome = (over: Partial<Study>, of: Study = routineFundus): string | undefined => eyePhotoOf({ ...of, ...over })?.outcome
  it('is the verdict in force, and nothing after a rejection', () => {
    expect(outcome({})).toBe('clear')
    expect(outcome({}, urgentFundus)).toBe('referable')
    expect(outcome({ reviews: [{ at: 'x', by: 'doctor', action: 'reject', reason: 'wrong eye' }] }, urgentFundus)).toBe('useless')
    expect(outcome({ state: 'analysing' })).toBe('open')
    expect(outcome({ state: 'failed' })).toBe('useless')
    expect(eyePhotoOf({ ...routineFundus, modality: 'cxr' })).toBeUndefined()
  })

  it('is of no eye while the side is in doubt', () => {
    expect(eyePhotoOf({ ...routineFundus, questions: [{ code: 'laterality-conflict', text: 'Which eye?' }] })?.side).toBeUndefined()
  })

  it('is of the eye that a person said, not of the one in the file', () => {
    expect(eyePhotoOf({ ...routineFundus, laterality: 'L', answers: { laterality: 'R' } })?.side).toBe('R')
  })
})
