import { describe, expect, it } from 'vitest'
import { byPerson } from '../../src/evaluate/by-person.js'
import { evaluate } from '../../src/evaluate/evaluation.js'
import { evaluationPage } from '../../src/evaluate/report-page.js'
import type { Scored } from '../../src/evaluate/roc.js'

const eye = (patient: string, score: number, positive = false): Scored => ({ patient, score, positive })

describe('figures by person', () => {
  it('refers by the worse eye, clears only by two seen eyes, and misses nobody silently', () => {
    const cases = [
      eye('both ill', 0.9, true), eye('both ill', 0.1, true), eye('one ill', 0.2, true), eye('one ill', 0.8),
      eye('overlooked', 0.2, true), eye('overlooked', 0.1), eye('well', 0.1), eye('well', 0.2), eye('half seen', 0.1), eye('ill, half seen', 0.3), eye('alarm', 0.6)
    ]
    const refused = [eye('half seen', Infinity), eye('ill, half seen', Infinity, true), eye('alarm', Infinity)]
    const figures = byPerson({ cases, refused }, 0.5)
    expect(figures).toMatchObject({ patients: 7, positives: 4, missed: 1 })
    expect(figures?.sensitivity).toMatchObject({ count: 2, of: 4 })
    expect(figures?.specificity).toMatchObject({ count: 1, of: 3 })
    expect(figures?.incomplete).toMatchObject({ count: 2, of: 7 })
  })

  it('counts a score at the threshold as referred, as for one image', () => {
    expect(byPerson({ cases: [eye('a', 0.5, true), eye('a', 0.1)], refused: [] }, 0.5)?.sensitivity).toMatchObject({ count: 1, of: 1 })
  })

  it('says nothing where everybody has one image', () => {
    expect(byPerson({ cases: [eye('a', 0.9, true)], refused: [eye('b', Infinity)] }, 0.5)).toBeUndefined()
  })

  it('stands on the page and in the figures of each point', () => {
    const row = (file: string, score: number) => ({ row: { file, label: score > 0.5 ? 'ill' : 'well' }, patient: 'p', gradable: true, reasons: [], scores: { dr: score } })
    const plan = {
      pack: { id: 'dr', version: '1.0.0', sha256: 'f'.repeat(64) }, columns: [], resamples: 10, seed: 1,
      findings: [{ code: 'dr', thresholds: [{ name: 'balanced', threshold: 0.5 }], truth: ({ label }: Record<string, string>) => label === 'ill', said: () => '' }]
    }
    const several = evaluate([row('r', 0.9), row('l', 0.1)], plan)
    expect(several.groups[0]?.findings[0]?.operatingPoints[0]?.byPerson).toMatchObject({ patients: 1, positives: 1, sensitivity: { count: 1, of: 1 } })
    expect(evaluationPage(several)).toContain('<td>1 (1)</td><td>100.0 %')
    const single = evaluate([row('r', 0.9)], plan)
    expect(single.groups[0]?.findings[0]?.operatingPoints[0]?.byPerson).toBeUndefined()
    expect(evaluationPage(single)).not.toContain('By patient')
  })
})
