import { describe, expect, it } from 'vitest'
import type { ReadRow } from '../../src/evaluate/evaluation.js'
import { evaluate } from '../../src/evaluate/evaluation.js'
import { evaluationPage, unknownSentence } from '../../src/evaluate/report-page.js'
import { provenance } from './provenance.js'

const row = (file: string, label: string, read: Partial<ReadRow>): ReadRow => ({
  row: { file, label, camera: file.startsWith('a') ? 'A' : 'B' }, patient: file, gradable: true, reasons: [], scores: {}, ...read
})

/** Camera A: four read. Camera B: one read, one ungradable that is ill, one unreadable that is healthy, one of unknown truth. */
const ROWS = [
  row('a1', 'tb', { scores: { tb: 0.9 } }), row('a2', 'tb', { scores: { tb: 0.3 } }),
  row('a3', 'normal', { scores: { tb: 0.2 } }), row('a4', 'normal', { scores: { tb: 0.6 } }),
  row('b1', 'normal', { scores: { tb: 0.1 } }), row('b2', 'tb', { gradable: false, reasons: ['blurred'], scores: { tb: 0.01 } }),
  row('b3', 'normal', { error: 'truncated' }), row('b4', 'unknown', { gradable: false, reasons: ['blurred'] })
]
const PLAN = {
  pack: { id: 'tb-chest', version: '1.0.0', sha256: 'f'.repeat(64) }, columns: ['camera'], resamples: 100, seed: 1,
  findings: [{
    code: 'tb', thresholds: [{ name: 'balanced', threshold: 0.5 }],
    truth: ({ label }: Record<string, string>) => (label === 'unknown' ? undefined : label === 'tb'),
    said: ({ label }: Record<string, string>) => label ?? ''
  }]
}

describe('the evaluation of a labelled set', () => {
  const { groups } = evaluate(ROWS, PLAN)
  const [all, a, b] = groups

  it('tells the ungradable and the unreadable of every group apart from its figures', () => {
    expect(groups.map(({ group, files, ungradable, unreadable }) => [group, files, ungradable.count, ungradable.of, unreadable.count]))
      .toEqual([['all', 8, 2, 7, 1], ['camera=A', 4, 0, 4, 0], ['camera=B', 4, 2, 3, 1]])
    expect(all?.reasons).toEqual({ blurred: 2, truncated: 1 })
  })

  it('leaves what was refused out of AUC, sensitivity and calibration, and counts it', () => {
    expect(all?.findings[0]).toMatchObject({ n: 5, positives: 2, refused: { files: 2, positives: 1 }, auc: { value: 5 / 6 } })
    expect(all?.findings[0]?.operatingPoints[0]).toMatchObject({ truePositives: 1, falseNegatives: 1, falsePositives: 1, trueNegatives: 2 })
    expect(a?.findings[0]?.refused).toEqual({ files: 0, positives: 0 })
  })

  it('has no calibration error where no image has a score', () => {
    const none = evaluate(ROWS.slice(5), PLAN)
    expect(none.groups[0]!.findings[0]).toMatchObject({ n: 0, refused: { files: 2 } })
    expect(none.groups[0]!.findings[0]).not.toHaveProperty('expectedCalibrationError')
    expect(evaluationPage({ ...none, provenance })).toContain('Expected calibration error not defined: no image has a score.')
  })

  it('says what a clinic gets that refers whatever was refused', () => {
    expect(all?.findings[0]?.operatingPoints[0]?.refusedReferred).toMatchObject({ sensitivity: { count: 2, of: 3 }, specificity: { count: 2, of: 4 } })
    expect(b?.findings[0]?.operatingPoints[0]?.refusedReferred.sensitivity).toMatchObject({ count: 1, of: 1 })
  })

  it('says so on the page, and only where something was refused', () => {
    const page = evaluationPage({ provenance, pack: PLAN.pack, groups: [all!, a!] })
    expect(page).toContain('2 more of known truth (1 positive) got no score')
    expect(page).toContain('None of known truth was refused.')
    expect(page.match(/sensitivity if refused are referred/g)).toHaveLength(1)
  })

  it('says on the page what was judged, by what and when', () => {
    const said = (change: object = {}) => evaluationPage({ pack: PLAN.pack, groups: [], provenance: { ...provenance, ...change } })
    expect(said()).toContain('Table labels.csv (aaaaaaaaaaaa), --where split=val, --truth tb=label:tb, patients by person. Gate image-gate 0.4.0 (bbbbbbbbbbbb). Judged 2026-03-01T00:00:00.000Z; bootstrap seed 7, 100 draws.')
    expect(said({ gate: null, where: [], truth: [] })).toContain('(aaaaaaaaaaaa), patients by person. No gate in service.')
  })

  it('counts the rows that say nothing of a finding, and names what they say', () => {
    expect(all?.findings[0]?.unknown).toEqual({ files: 1, kinds: 1, labels: ['unknown'] })
    expect(a?.findings[0]?.unknown).toEqual({ files: 0, kinds: 0, labels: [] })
    expect(unknownSentence(all!.findings[0]!)).toBe('1 row says nothing of tb (unknown) and is in none of these figures; say with --truth what it means.')
    expect(unknownSentence(a!.findings[0]!)).toBe('')
    const many = evaluate(Array.from({ length: 9 }, (_, i) => row(`c${i}`, 'unknown', {})).map((each, i) => ({ ...each, row: { label: i > 7 ? '' : `kind ${i}` } })), { ...PLAN, findings: PLAN.findings.map((each) => ({ ...each, truth: () => undefined })) })
    expect(unknownSentence(many.groups[0]!.findings[0]!)).toContain('9 rows say nothing of tb (kind 0, kind 1, kind 2, kind 3, kind 4 and others)')
    expect(evaluationPage({ provenance, pack: PLAN.pack, groups: [all!] })).toContain('1 row says nothing of tb')
  })
})
