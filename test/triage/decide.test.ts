import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/domain/finding.js'
import { decide, type Graded } from '../../src/triage/decide.js'
import { TRIAGE_TABLE } from '../../src/triage/table.js'

const pack = { id: 'p', version: '1.0.0', sha256: 'x' }
const finding = (code: string, positive: boolean): Finding => ({ code, name: code, score: positive ? 0.9 : 0.1, threshold: 0.5, positive })
const graded = (modality: Graded['modality'], findings: Finding[], detail: Record<string, unknown> = {}): Graded =>
  ({ pack, modality, findings, detail, quality: { gradable: true, score: 1, reasons: [] } })
const fundus = (referable: boolean, threatening: boolean, grade?: number): Graded =>
  graded('fundus', [finding('dr-referable', referable), finding('dr-vision-threatening', threatening)], grade === undefined ? {} : { grade })

describe('triage', () => {
  it.each([[0, 'routine'], [1, 'routine'], [2, 'soon'], [3, 'urgent'], [4, 'urgent']])('of retinopathy grade %i is %s', (grade, level) => {
    expect(decide(fundus(grade >= 2, grade >= 3, grade)).level).toBe(level)
  })

  it('follows the findings of a pack that gives no grade', () => {
    expect([decide(fundus(false, false)), decide(fundus(true, false)), decide(fundus(true, true))].map(({ level }) => level)).toEqual(['routine', 'soon', 'urgent'])
  })

  it('of tuberculosis asks for sputum on the same day and a mask', () => {
    const verdict = decide(graded('cxr', [finding('tb', true), finding('cxr-other-abnormal', true)]))
    expect(verdict).toMatchObject({ level: 'urgent', code: 'tb-positive', source: expect.stringContaining('WHO') })
    expect(verdict.text).toMatch(/mask.*sputum today/)
  })

  it('of another abnormality on the film is soon, of none routine', () => {
    expect(decide(graded('cxr', [finding('tb', false), finding('cxr-other-abnormal', true)])).level).toBe('soon')
    expect(decide(graded('cxr', [finding('tb', false)])).level).toBe('routine')
  })

  it.each([['lus-consolidation', 'urgent'], ['lus-interstitial', 'soon']])('of %s is %s', (code, level) => {
    expect(decide(graded('ultrasound', [finding(code, true)])).level).toBe(level)
  })

  it('of nothing found by a demonstration is no verdict, and of something found what it asks for', () => {
    expect(decide({ ...graded('ultrasound', [finding('lus-consolidation', false)]), demonstration: true })).toMatchObject({ level: 'none', code: 'demonstration', text: expect.stringMatching(/^A demonstration/) })
    expect(decide({ ...graded('ultrasound', [finding('lus-consolidation', true)]), demonstration: true }).level).toBe('urgent')
    expect(decide(graded('ultrasound', [finding('lus-consolidation', false)])).level).toBe('routine')
  })

  it('of what could not be graded is none, with the text that programs rely on', () => {
    const ungradable = { ...fundus(true, true, 4), quality: { gradable: false, score: 0, reasons: [] } }
    expect(decide(ungradable)).toMatchObject({ level: 'none', text: 'ungradable: retake, or refer' })
    expect(decide({ ...ungradable, pack: null, findings: [], modality: undefined }).text).toBe('ungradable: retake, or refer')
  })

  it('of somebody under age is to refer', () => {
    const young = { ...graded('cxr', []), quality: { gradable: true, score: 1, reasons: [{ code: 'under-age', text: '' }] } }
    expect(decide(young)).toMatchObject({ level: 'none', code: 'under-age', text: expect.stringContaining('refer') })
  })

  it('says with every verdict of a lung that it is a demonstration, and with every clear eye that macular oedema is not assessed', () => {
    for (const { code, text } of TRIAGE_TABLE.filter((row) => row.code.startsWith('lus-'))) expect([code, text]).toEqual([code, expect.stringContaining('demonstration')])
    expect(decide(fundus(false, false)).text).toContain('Macular oedema is not assessed')
  })

  it('never says routine of a positive finding that no row knows', () => {
    expect(decide({ ...fundus(false, false), findings: [...fundus(false, false).findings, finding('glaucoma', true)] })).toMatchObject({ level: 'soon', code: 'other-finding' })
    expect(decide({ ...fundus(true, true), findings: [...fundus(true, true).findings, finding('glaucoma', true)] }).code).toBe('dr-severe')
    expect(decide({ ...fundus(false, false), findings: [...fundus(false, false).findings, finding('glaucoma', false)] }).level).toBe('routine')
  })

  it('never says routine without a finding that was looked at', () => {
    expect(decide(graded('cxr', [])).level).toBe('none')
  })
})

describe('the triage table', () => {
  it('names a source in every row, leaves immediate to programmes, and goes from most to least urgent', () => {
    const order = ['urgent', 'soon', 'routine']
    expect(TRIAGE_TABLE.every(({ source, text }) => source !== '' && text.length > 20)).toBe(true)
    expect(TRIAGE_TABLE.map(({ level }) => order.indexOf(level))).toEqual(TRIAGE_TABLE.map(({ level }) => order.indexOf(level)).sort())
  })
})
