import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StudyState } from '../../src/domain/study.js'
import { MOST_ATTEMPTS, nextStep } from '../../src/pipeline/next-step.js'

const states: readonly StudyState[] = ['received', 'needs-input', 'analysing', 'ready', 'failed']
const study = fc.record({ state: fc.constantFrom(...states), attempts: fc.nat(5) })
const policy = fc.record({ readerAvailable: fc.boolean() })

describe('the next step', () => {
  it('is nothing for a study that waits for a person or is done', () => {
    fc.assert(fc.property(study, policy, (at, given) => {
      if (at.state !== 'received' && at.state !== 'analysing') expect(nextStep(at, given)).toBeUndefined()
    }))
  })

  it('reads a pending study while it has attempts left and the reader is there, and gives up after', () => {
    fc.assert(fc.property(study, policy, (at, given) => {
      fc.pre(at.state === 'received' || at.state === 'analysing')
      const step = nextStep(at, given)
      if (at.attempts >= MOST_ATTEMPTS) expect(step?.kind).toBe('give-up')
      else expect(step).toEqual(given.readerAvailable ? { kind: 'read', attempt: at.attempts + 1 } : undefined)
    }))
  })

  it('always ends: reading a study that never finishes gives up after two attempts', () => {
    let attempts = 0
    let step = nextStep({ state: 'analysing', attempts }, { readerAvailable: true })
    while (step?.kind === 'read') step = nextStep({ state: 'analysing', attempts: attempts += 1 }, { readerAvailable: true })
    expect([attempts, step?.kind]).toEqual([2, 'give-up'])
  })

  it('says why by what happened last', () => {
    const failure = { code: 'reader-timeout', message: 'Too long.' }
    expect(nextStep({ state: 'received', attempts: 2, failure }, { readerAvailable: true })).toEqual({ kind: 'give-up', problem: failure })
    expect(nextStep({ state: 'analysing', attempts: 2 }, { readerAvailable: true })).toMatchObject({ problem: { code: 'reading-interrupted' } })
  })
})
