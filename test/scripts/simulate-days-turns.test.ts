import { describe, expect, it } from 'vitest'
import { Turns } from '../../scripts/simulate-days/turns.js'
import type { Taken } from '../../scripts/simulate-days/clinic.js'

const waiting: readonly Taken[] = [{ id: 'u', level: 'urgent', imageBytes: 1 }, { id: 'r', level: 'routine', imageBytes: 1 }, { id: 's', level: 'routine', imageBytes: 1 }]
const OPENED_MS = 100

describe('urgent reports that were overtaken in a window', () => {
  it('are counted when a routine one has its turn first, or theirs never comes', () => {
    const turns = new Turns()
    turns.begin(['r', 'u'], 110)
    expect(turns.overtaken(waiting, OPENED_MS)).toBe(1)
    const without = new Turns()
    without.begin(['r'], 110)
    expect(without.overtaken(waiting, OPENED_MS)).toBe(1)
  })

  it('are not when they go first, or hung on the line already when the window opened', () => {
    const first = new Turns()
    first.begin(['u', 'r'], 110)
    const hung = new Turns()
    hung.begin(['u'], 50)
    hung.begin(['r'], 110)
    expect([first, hung].map((turns) => turns.overtaken(waiting, OPENED_MS))).toEqual([0, 0])
  })

  it('are when their earlier turn had failed before the window opened', () => {
    const turns = new Turns()
    turns.begin(['u'], 50)(60)
    turns.begin(['r', 'u'], 110)
    expect(turns.overtaken(waiting, OPENED_MS)).toBe(1)
  })

  it('are not for a routine one that hung there: nobody could call it back', () => {
    const turns = new Turns()
    turns.begin(['s'], 50)
    turns.begin(['u', 'r'], 110)
    expect(turns.overtaken(waiting, OPENED_MS)).toBe(0)
  })
})
