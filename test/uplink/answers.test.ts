import { describe, expect, it } from 'vitest'
import { afterCommitment, afterStore, MOST_REFUSALS } from '../../src/uplink/answers.js'
import { delivery } from './samples.js'

const at = '2026-03-04T11:00:00.000Z'
const answered = (status: number) => afterStore(delivery, { kind: 'answered', status }, at)

describe('afterStore', () => {
  it.each([0xb000, 0xb006, 0xb007])('keeps a warning (%s) as stored, never sent again', (status) => {
    expect(answered(status)).toMatchObject({ state: 'accepted-with-warning', status })
  })

  it.each([0xa700, 0xa701, 0x0110])('tries again for ever where the destination can not now (%s)', (status) => {
    let one = delivery
    for (let i = 0; i < 50; i++) one = afterStore(one, { kind: 'answered', status }, at)
    expect(one).toMatchObject({ state: 'pending', status })
  })

  it.each([0xa900, 0xc000, 0x0122])('asks a person after some refusals (%s)', (status) => {
    let one = delivery
    for (let i = 1; i < MOST_REFUSALS; i++) one = afterStore(one, { kind: 'answered', status }, at)
    expect(one.state).toBe('pending')
    expect(afterStore(one, { kind: 'answered', status }, at)).toMatchObject({ state: 'needs-person', problem: { code: 'refused' } })
  })

  it('takes a duplicate for an acceptance', () => {
    expect(answered(0x0111).state).toBe('accepted')
  })

  it('says in words that nobody takes the kind of object', () => {
    expect(afterStore(delivery, { kind: 'not-accepted' }, at)).toMatchObject({ state: 'needs-person', problem: { code: 'not-accepted' } })
  })

  it('does not know of one whose answer never came, and leaves the untouched alone', () => {
    expect(afterStore(delivery, { kind: 'unanswered' }, at).state).toBe('sent')
    expect(afterStore(delivery, { kind: 'untouched' }, at)).toBe(delivery)
  })
})

describe('afterCommitment', () => {
  const accepted = { ...delivery, state: 'accepted' as const }
  const report = (committed: string[], failed: string[]) => afterCommitment(accepted, { committed: new Set(committed), failed: new Set(failed) }, at)

  it('is committed, or sent again, or left as it was', () => {
    expect(report(['2.25.1'], []).state).toBe('committed')
    expect(report([], ['2.25.1'])).toMatchObject({ state: 'pending', problem: { code: 'not-committed' } })
    expect(report(['2.25.9'], [])).toBe(accepted)
  })

  it('commits nothing that was never accepted', () => {
    expect(afterCommitment(delivery, { committed: new Set(['2.25.1']), failed: new Set() }, at)).toBe(delivery)
  })
})
