import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
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

  it('asks a person when the patient was changed after sending, and names the objects', () => {
    const changed = planDeliveries(accepted(first), saying('b', 'berta'), [pacs], at)!
    const last = changed.deliveries!.at(-1)!
    expect(last.state).toBe('needs-person')
    expect(last.problem?.message).toContain('2.25.11, 2.25.7')
  })

  it('gives a destination that comes later everything', () => {
    expect(states(planDeliveries(accepted(first), saying('a'), [pacs, { ...pacs, id: 'second' }], at))?.slice(2)).toEqual([['2.25.11', 'pending'], ['2.25.7', 'pending']])
  })
})
