import { describe, expect, it } from 'vitest'
import type { PersonsImage } from '../../src/evaluate/by-person.js'
import { byPerson } from '../../src/evaluate/by-person.js'
import { evaluate } from '../../src/evaluate/evaluation.js'
import { evaluationPage } from '../../src/evaluate/report-page.js'
import { provenance } from './provenance.js'

const eye = (patient: string, score: number | undefined, positive: boolean | undefined = false): PersonsImage => ({ patient, score, positive })

describe('figures by person', () => {
  it('refers by the worse eye, clears only where every image got a score, and counts who is overlooked', () => {
    const figures = byPerson([
      eye('both ill', 0.9, true), eye('both ill', 0.1, true), eye('one ill', 0.2, true), eye('one ill', 0.8),
      eye('overlooked', 0.2, true), eye('overlooked', 0.1), eye('well', 0.1), eye('well', 0.2), eye('one image', 0.1),
      eye('half seen', 0.1), eye('half seen', undefined), eye('ill, half seen', 0.3), eye('ill, half seen', undefined, true), eye('alarm', 0.6), eye('alarm', undefined)
    ], 0.5)
    expect(figures).toMatchObject({ patients: 8, positives: 4, missed: 1, undecidedPositives: 1 })
    expect(figures?.referred).toMatchObject({ count: 2, of: 4 })
    expect(figures?.cleared).toMatchObject({ count: 2, of: 4 })
    expect(figures?.undecided).toMatchObject({ count: 2, of: 8 })
  })

  it('leaves out who may be positive for all that the table says', () => {
    const figures = byPerson([eye('unlabelled eye', 0.1), { patient: 'unlabelled eye', score: 0.9 }, eye('ill all the same', 0.9, true), { patient: 'ill all the same', score: 0.1 }], 0.5)
    expect(figures).toMatchObject({ patients: 1, positives: 1, referred: { count: 1 } })
  })

  it('counts a score at the threshold as referred, as for one image', () => {
    expect(byPerson([eye('a', 0.5, true), eye('a', 0.1)], 0.5)?.referred).toMatchObject({ count: 1, of: 1 })
  })

  it('says nothing where everybody has one image', () => {
    expect(byPerson([eye('a', 0.9, true), eye('b', undefined)], 0.5)).toBeUndefined()
  })
})

describe('an evaluation by person', () => {
  const row = (file: string, score: number, gradable = true) => ({ row: { file, label: score > 0.5 ? 'ill' : 'well', quality: file }, patient: 'p', gradable, reasons: [], scores: { dr: score } })
  const plan = {
    pack: { id: 'dr', version: '1.0.0', sha256: 'f'.repeat(64) }, columns: ['quality'], resamples: 10, seed: 1,
    findings: [{ code: 'dr', thresholds: [{ name: 'balanced', threshold: 0.5 }], truth: ({ label }: Record<string, string>) => label === 'ill', said: () => '' }]
  }
  const peopleIn = (rows: Parameters<typeof evaluate>[0], group: number) => evaluate(rows, plan).groups[group]?.findings[0]?.operatingPoints[0]?.byPerson

  it('stands on the page and in the figures of each point', () => {
    expect(peopleIn([row('r', 0.9), row('l', 0.1)], 0)).toMatchObject({ patients: 1, positives: 1, referred: { count: 1, of: 1 } })
    expect(evaluationPage({ ...evaluate([row('r', 0.9), row('l', 0.1)], plan), provenance })).toContain('<td>1 (1)</td><td>100.0 %')
    expect(evaluationPage({ ...evaluate([row('r', 0.9)], plan), provenance })).not.toContain('By patient')
  })

  it('takes the score of a refused image for none', () => {
    expect(peopleIn([row('r', 0.9, false), row('l', 0.1)], 0)).toMatchObject({ undecided: { count: 1 }, undecidedPositives: 1 })
  })

  it('is not given by a column that may split a person', () => {
    expect(peopleIn([row('r', 0.9), row('l', 0.1)], 1)).toBeUndefined()
  })
})
