import { describe, expect, it } from 'vitest'
import { textRuns } from '../../src/report/runs.js'

describe('textRuns', () => {
  it.each([
    ['Ngũgĩ wa Thiong’o', 'regular'], ['Łukasz Żółć', 'regular'], ['Анна', 'regular'], ['Νίκος', 'regular'], ['فاطمة', 'regular'], ['שרה', 'regular'],
    ['आशा देवी', 'devanagari'], ['রহিমা', 'bengali'], ['สมชาย', 'thai'], ['አበበ', 'ethiopic']
  ])('draws %s whole in the face %s', (text, face) => {
    expect(textRuns(text, 'regular').map((run) => run.face)).toEqual([face])
    expect(textRuns(text, 'regular')[0]?.text).not.toContain('\u25a1')
  })

  it('uses bold where the bold face has the character', () => {
    expect(textRuns('Amina आशा', 'bold').map((run) => run.face)).toEqual(['bold', 'devanagari'])
  })

  it('draws a right-to-left name from its end, numbers left to right', () => {
    const runs = textRuns('محمد 42', 'regular')
    expect(runs.map((run) => run.rightToLeft)).toEqual([false, true])
    expect(runs[0]?.text).toBe('42')
  })

  it('shows a square for what no face has, and never drops it', () => {
    expect(textRuns('A中B', 'regular').map((run) => run.text).join('')).toBe('A\u25a1B')
  })
})

describe('a right-to-left line', () => {
  const drawn = (text: string): string[] => textRuns(text, 'regular', 'rtl').map((run) => run.text)
  it('keeps a number in brackets together and turns its brackets', () => {
    expect(drawn('نص (1.00)')).toEqual(['(', '1.00', 'نص )'])
  })
  it('has the order of Latin words inside, and a mark at its end on the left', () => {
    expect(drawn('من upload / upload.')).toEqual(['.', 'upload / upload', 'من '])
  })
})
