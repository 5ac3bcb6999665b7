import { describe, expect, it } from 'vitest'
import { dueAt, firstRecord } from '../../src/operations/scrub-record.js'

const now = Date.parse('2026-11-22T00:00:00Z')
const endedAt = (finishedAt: string) => ({ ...firstRecord, last: { startedAt: finishedAt, finishedAt: finishedAt, studies: 1, bytes: 1, found: 0, repaired: 0 } })

describe('the next slow check', () => {
  it('is due a week after the last, or at once where there was none', () => {
    expect(dueAt(endedAt('2026-11-20T00:00:00Z'), 7, now)).toBe(Date.parse('2026-11-27T00:00:00Z'))
    expect(dueAt(firstRecord, 7, now)).toBe(0)
  })

  it('is due at once where the last ended in what is still to come: it does not wait until 2071 for a clock that was wrong', () => {
    expect(dueAt(endedAt('2071-01-01T00:00:00Z'), 7, now)).toBe(0)
  })
})
