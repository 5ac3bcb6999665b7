import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { isOutstanding } from '../../src/domain/delivery.js'
import { withAnswers } from '../../src/uplink/answer-book.js'
import { withdraw } from '../../src/uplink/corrections.js'
import { planDeliveries } from '../../src/uplink/plan.js'
import { sampleStudy } from '../report/sample-study.js'
import { pacs, saying } from './samples.js'

const at = '2026-03-04T10:00:00.000Z'
const states = (study: Study | undefined) => study?.deliveries?.map(({ sopInstanceUid, state }) => [sopInstanceUid, state])
const accepted = (study: Study): Study => ({ ...study, deliveries: study.deliveries!.map((one) => ({ ...one, state: 'accepted' })) })

describe('planDeliveries', () => {
  const first = planDeliveries(sampleStudy, saying('a'), [pacs], at)!

  it('plans each object once', () => {
    expect(states(first)).toEqual([['2.25.11', 'pending'], ['2.25.7', 'pending']])
    expect(planDeliveries(first, saying('a'), [pacs], at)).toBeUndefined()
  })

  it('sends only what the site sends there', () => {
    expect(states(planDeliveries(sampleStudy, saying('a'), [{ ...pacs, send: ['sr'] }], at))).toEqual([['2.25.11', 'pending']])
  })

  it('makes a new report of new content; one that never left stays behind, one that did stays', () => {
    expect(states(planDeliveries(first, saying('b'), [pacs], at))).toEqual([['2.25.11', 'superseded'], ['2.25.7', 'pending'], ['2.25.12', 'pending']])
    expect(states(planDeliveries(accepted(first), saying('b'), [pacs], at))).toEqual([['2.25.11', 'accepted'], ['2.25.7', 'accepted'], ['2.25.12', 'pending']])
  })

  it('gives a destination that comes later everything', () => {
    expect(states(planDeliveries(accepted(first), saying('a'), [pacs, { ...pacs, id: 'second' }], at))?.slice(2)).toEqual([['2.25.11', 'pending'], ['2.25.7', 'pending']])
  })
})

describe('a patient who is corrected after sending', () => {
  const first = accepted(planDeliveries(sampleStudy, saying('a'), [pacs], at)!)
  const reissuing = { ...pacs, onCorrection: 'reissue' as const }
  const stateOf = (study: Study, uid: string) => study.deliveries!.find(({ sopInstanceUid }) => sopInstanceUid === uid)?.state

  it('asks a person, names the objects, and sends all under new UIDs when told', () => {
    const changed = planDeliveries(first, saying('b', 'berta'), [pacs], at)!
    expect(states(changed)).toEqual([['2.25.11', 'needs-correction'], ['2.25.7', 'needs-correction'], ['2.25.12', 'needs-person'], ['2.25.71', 'needs-person']])
    expect(changed.deliveries!.at(-1)!.problem?.message).toContain('2.25.11, 2.25.7')
    expect(planDeliveries(changed, saying('b', 'berta'), [pacs], at)).toBeUndefined()
  })

  it('is taken back by a note and issued anew where the site has it so', () => {
    const changed = planDeliveries(first, saying('b', 'berta'), [reissuing], at)!
    expect(states(changed)).toEqual([['2.25.11', 'needs-correction'], ['2.25.7', 'needs-correction'], ['2.25.42', 'pending'], ['2.25.12', 'pending'], ['2.25.71', 'pending']])
    expect(changed.deliveries![2]).toMatchObject({ kind: 'rejection', rejects: ['2.25.11', '2.25.7'], identityHash: 'anna' })
    expect(planDeliveries(changed, saying('b', 'berta'), [reissuing], at)).toBeUndefined()
    const noted = { ...changed, deliveries: withdraw(changed.deliveries!.map((one) => (one.kind === 'rejection' ? { ...one, state: 'accepted' as const } : one)), at) }
    expect(stateOf(noted, '2.25.11')).toBe('withdrawn')
    expect(planDeliveries(noted, saying('b', 'berta'), [reissuing], at)).toBeUndefined()
  })

  it('is asked to be put right there, and never to be deleted, where the archive alone has its image', () => {
    const gone: Study = { ...first, evicted: { at, archives: ['pacs'] } }
    const noted = planDeliveries(gone, saying('b', 'berta'), [reissuing], at)!
    expect(noted.deliveries!.find(({ kind }) => kind === 'rejection')?.rejects).toEqual(['2.25.11'])
    expect(stateOf(noted, '2.25.7')).toBe('needs-correction')
    expect(planDeliveries(gone, saying('b', 'berta'), [pacs], at)!.deliveries!.at(-1)!.problem?.message).toContain('not to delete')
    expect(planDeliveries(first, saying('b', 'berta'), [pacs], at)!.deliveries!.at(-1)!.problem?.message).toContain('correct or delete')
  })

  it('never uses UIDs again that were taken back', () => {
    const changed = planDeliveries(first, saying('b', 'berta'), [reissuing], at)!
    const noted: Study = { ...changed, deliveries: withdraw(changed.deliveries!.map((one) => (isOutstanding(one) ? { ...one, state: 'accepted' as const } : one)), at) }
    const back = planDeliveries(noted, saying('c'), [reissuing], at)!
    const fresh = back.deliveries!.slice(noted.deliveries!.length)
    expect(fresh.map(({ kind, sopInstanceUid }) => [kind, sopInstanceUid])).toEqual([['rejection', '2.25.42'], ['sr', '2.25.13'], ['image', '2.25.72']])
  })

  it('is as before when the change is undone before anything followed', () => {
    const changed = planDeliveries(first, saying('b', 'berta'), [pacs], at)!
    const back = planDeliveries(changed, saying('a'), [pacs], at)!
    expect(states(back)).toEqual([['2.25.11', 'accepted'], ['2.25.7', 'accepted'], ['2.25.12', 'superseded'], ['2.25.71', 'superseded'], ['2.25.13', 'pending']])
  })

  it('is not called accepted by an undone change when nobody had answered', () => {
    const sent: Study = { ...first, deliveries: first.deliveries!.map((one) => (one.kind === 'image' ? { ...one, state: 'sent' as const } : one)) }
    const changed = planDeliveries(sent, saying('b', 'berta'), [pacs], at)!
    expect(states(changed)!.slice(0, 2)).toEqual([['2.25.11', 'needs-correction'], ['2.25.7', 'needs-correction']])
    const back = planDeliveries(changed, saying('a'), [pacs], at)!
    expect(states(back)!.slice(0, 2)).toEqual([['2.25.11', 'accepted'], ['2.25.7', 'sent']])
    expect(back.deliveries!.some(({ unanswered }) => unanswered)).toBe(false)
  })

  it('leaves anew when the change is undone after the note may have arrived, which goes on until it is answered', () => {
    const changed = planDeliveries(first, saying('b', 'berta'), [reissuing], at)!
    const sent: Study = { ...changed, deliveries: changed.deliveries!.map((one) => (one.kind === 'rejection' ? { ...one, state: 'sent' as const } : one)) }
    const back = planDeliveries(sent, saying('a'), [reissuing], at)!
    expect(states(back)).toEqual([
      ['2.25.11', 'needs-correction'], ['2.25.7', 'needs-correction'], ['2.25.42', 'sent'], ['2.25.12', 'superseded'], ['2.25.71', 'superseded'], ['2.25.13', 'pending'], ['2.25.72', 'pending']
    ])
    expect(planDeliveries(back, saying('a'), [reissuing], at)).toBeUndefined()
    const noted = withAnswers(back, [{ made: back.deliveries![2]!, answer: { kind: 'stored' } }], { destination: 'pacs', at })!
    expect(states(noted)).toEqual([['2.25.11', 'withdrawn'], ['2.25.7', 'withdrawn'], ['2.25.42', 'accepted'], ...states(back)!.slice(3)])
    expect(planDeliveries(noted, saying('a'), [reissuing], at)).toBeUndefined()
  })

  it('has one note where the change is made again that was undone before it left', () => {
    const changed = planDeliveries(first, saying('b', 'berta'), [reissuing], at)!
    const again = planDeliveries(planDeliveries(changed, saying('a'), [reissuing], at)!, saying('b', 'berta'), [reissuing], at)!
    expect(states(again)!.filter(([uid]) => uid === '2.25.42')).toEqual([['2.25.42', 'pending']])
  })

  it('does nobody wrong when nobody was named before', () => {
    const nameless = accepted(planDeliveries(sampleStudy, saying('a', 'nobody'), [pacs], at)!)
    expect(states(planDeliveries(nameless, saying('b'), [pacs], at))).toEqual([['2.25.11', 'accepted'], ['2.25.7', 'accepted'], ['2.25.12', 'pending'], ['2.25.71', 'pending']])
  })

  it('keeps the UIDs where nothing had left', () => {
    const pending = planDeliveries(sampleStudy, saying('a'), [pacs], at)!
    const changed = planDeliveries(pending, saying('b', 'berta'), [pacs], at)!
    expect(states(changed)).toEqual([['2.25.11', 'superseded'], ['2.25.7', 'pending'], ['2.25.12', 'pending']])
    expect(changed.deliveries![1]).toMatchObject({ identityHash: 'berta', report: 2 })
    expect(planDeliveries(changed, saying('b', 'berta'), [pacs], at)).toBeUndefined()
  })
})
