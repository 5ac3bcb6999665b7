import { describe, expect, it } from 'vitest'
import { afterAnswer, afterConfirmation, MOST_REFUSALS, resend } from '../../src/uplink/answers.js'
import { answerOf } from '../../src/uplink/transports/dimse-answers.js'
import { delivery } from './samples.js'

const at = '2026-03-04T11:00:00.000Z'
const answered = (status: number, before = delivery) => afterAnswer(before, answerOf({ kind: 'answered', status }), at)

describe('afterAnswer', () => {
  it.each([0xb000, 0xb006, 0xb007])('keeps a warning (%s) as stored, never sent again', (status) => {
    expect(answered(status)).toMatchObject({ state: 'accepted-with-warning', status })
  })

  it.each([0xa700, 0xa701, 0x0110, 0x0213, 0xfe00])('tries again for ever where the destination can not now (%s)', (status) => {
    let one = delivery
    for (let i = 0; i < 50; i++) one = answered(status, one)
    expect(one).toMatchObject({ state: 'pending', status })
  })

  it.each([0xa900, 0xc000, 0xc123, 0x0122, 0x0124])('asks a person after some refusals (%s), and starts anew when told to', (status) => {
    let one = delivery
    for (let i = 1; i < MOST_REFUSALS; i++) one = answered(status, one)
    expect(one.state).toBe('pending')
    const last = answered(status, one)
    expect(last).toMatchObject({ state: 'needs-person', problem: { code: 'refused' } })
    expect(resend(last, at)).toEqual({ ...delivery, at })
  })

  it('takes a duplicate for an acceptance', () => {
    expect(answered(0x0111).state).toBe('accepted')
  })

  it('says in words that nobody takes the kind of object', () => {
    expect(afterAnswer(delivery, { kind: 'not-accepted' }, at)).toMatchObject({ state: 'needs-person', problem: { code: 'not-accepted' } })
  })

  it('does not know of one whose answer never came, and leaves the untouched and the cut alone', () => {
    expect(afterAnswer(delivery, { kind: 'unanswered' }, at).state).toBe('sent')
    expect(afterAnswer(delivery, { kind: 'untouched' }, at)).toBe(delivery)
    expect(afterAnswer(delivery, { kind: 'cut' }, at)).toBe(delivery)
  })

  it('tells what a relay holds from what its PACS keeps', () => {
    expect(afterAnswer(delivery, { kind: 'stored', receipt: 'held-by-relay' }, at)).toMatchObject({ state: 'accepted', heldByRelay: true })
    expect(afterAnswer(delivery, { kind: 'stored', receipt: 'committed' }, at)).toMatchObject({ state: 'committed', proof: 'commitment' })
  })

  it('is refused where a relay has other content under the UID, whether it left before or not', () => {
    const refused = { kind: 'refused', status: 422, problem: { code: 'other-content', message: 'Another object with this UID came before.' } } as const
    expect(afterAnswer(afterAnswer(delivery, { kind: 'unanswered' }, at), refused, at)).toMatchObject({ state: 'sent', problem: { code: 'other-content' } })
    expect(afterAnswer(delivery, refused, at)).toMatchObject({ state: 'pending', attempts: 1, problem: { code: 'other-content' } })
  })
})

describe('what left unanswered', () => {
  const sent = afterAnswer(delivery, { kind: 'unanswered' }, at)
  const full = { kind: 'try-again', status: 507, problem: { code: 'relay-full', message: 'No room.' } } as const

  it('may be there although the destination takes nothing at the next try, and is to be put right there when its person is corrected', () => {
    expect(afterAnswer(sent, full, at)).toMatchObject({ state: 'sent', problem: full.problem })
    expect(answered(0xa700, sent)).toMatchObject({ state: 'sent', status: 0xa700 })
    expect(answered(0xc000, sent)).toMatchObject({ state: 'sent', status: 0xc000 })
  })

  it('is written down once while the destination goes on saying so', () => {
    const once = afterAnswer(sent, full, at)
    expect(afterAnswer(once, full, at)).toBe(once)
  })
})

describe('afterConfirmation', () => {
  const accepted = { ...delivery, state: 'accepted' as const }
  const report = (committed: string[], missing: string[], proof: 'commitment' | 'listed' = 'commitment') => afterConfirmation(accepted, { committed, missing, proof }, at)

  it('is committed, or sent again, or left as it was', () => {
    expect(report(['2.25.1'], [])).toMatchObject({ state: 'committed', proof: 'commitment' })
    expect(report([], ['2.25.1'])).toMatchObject({ state: 'pending', problem: { code: 'not-committed' } })
    expect(report(['2.25.9'], [])).toBe(accepted)
  })

  it('commits nothing that was never accepted', () => {
    expect(afterConfirmation(delivery, { committed: ['2.25.1'], missing: [], proof: 'commitment' }, at)).toBe(delivery)
  })

  it('lets a promise replace a look, and a second look find that it is gone', () => {
    const listed = report(['2.25.1'], [], 'listed')
    expect(afterConfirmation(listed, { committed: ['2.25.1'], missing: [], proof: 'commitment' }, at).proof).toBe('commitment')
    const gone = { committed: [], missing: ['2.25.1'], proof: 'listed' } as const
    expect(afterConfirmation(listed, gone, '2026-03-04T11:06:00.000Z')).toMatchObject({ state: 'pending' })
    expect(afterConfirmation(listed, gone, '2026-03-04T11:06:00.000Z')).not.toHaveProperty('proof')
    expect(afterConfirmation(listed, gone, '2026-03-04T11:01:00.000Z')).toBe(listed)
  })
})
