import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StudyReportInput } from '../../src/report/pdf.js'
import { studyReportPdf } from '../../src/report/pdf.js'
import { fundusPhantom } from '../../src/phantoms/fundus.js'
import { bmpFile, jpegFile } from '../generators/images.js'
import { samplePatient, sampleStudy } from './sample-study.js'

const havePoppler = spawnSync('pdftotext', ['-v']).error === undefined
const input: StudyReportInput = { study: sampleStudy, patient: samplePatient, siteName: 'Hillside Clinic', locale: 'en-GB', generatedAt: '2026-03-04T10:00:00.000Z' }
const pages = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0
let folder: string

beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'report-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

function textOf(pdf: Buffer): string {
  writeFileSync(join(folder, 'report.pdf'), pdf)
  return execFileSync('pdftotext', ['-layout', join(folder, 'report.pdf'), '-'], { encoding: 'utf8' })
}

async function inkIn(pdf: Buffer, box: { left: number; top: number; width: number; height: number }): Promise<number> {
  writeFileSync(join(folder, 'report.pdf'), pdf)
  execFileSync('pdftoppm', ['-r', '72', '-png', '-singlefile', join(folder, 'report.pdf'), join(folder, 'page')])
  const { data } = await sharp(readFileSync(join(folder, 'page.png'))).extract(box).grayscale().raw().toBuffer({ resolveWithObject: true })
  return data.filter((value) => value < 128).length
}

describe('studyReportPdf', () => {
  it('is one page, and the same bytes for the same input', async () => {
    const first = await studyReportPdf(input)
    expect(first.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pages(first)).toBe(1)
    expect(Buffer.compare(first, await studyReportPdf(input))).toBe(0)
  })

  it('stays one page when every text is long', async () => {
    const long = 'very long words that go on and on '.repeat(40)
    const pdf = await studyReportPdf({
      ...input, siteName: long, limits: [long, long], patient: { ...samplePatient, name: long, village: long },
      study: { ...sampleStudy, reviews: Array.from({ length: 9 }, () => ({ at: input.generatedAt, by: 'amina', action: 'accept' as const, reason: long })) }
    })
    expect(pages(pdf)).toBe(1)
  })

  it('can be made of a study that was never read, without patient or picture', async () => {
    const { reading, triage, patientId, ...bare } = sampleStudy
    expect([reading, triage, patientId]).not.toContain(undefined)
    expect(pages(await studyReportPdf({ ...input, patient: undefined, study: { ...bare, reviews: [] } }))).toBe(1)
  })

  it('says that a picture it cannot embed is missing instead of failing', async () => {
    expect(pages(await studyReportPdf({ ...input, image: bmpFile() }))).toBe(1)
  })
})

describe.skipIf(!havePoppler)('studyReportPdf read back by poppler (apt-get install poppler-utils)', () => {
  it('holds the patient, the verdict in force, scores, limits, model and the warning', async () => {
    const text = textOf(await studyReportPdf(input))
    for (const words of ['Hillside Clinic', 'Phantom Person', 'C-0042', '17 May 1961', 'URGENT', 'Haemorrhage near the macula', 'The model said: SOON', '0.83', '0.42',
      'POSITIVE', 'screening', 'Macular oedema is not assessed', 'amina', 'dr-fundus 0.1.0 (0123456789ab)', '20260304-7Q2MNB4X',
      'Decision support under study, not a certified device.'])
      expect(text.replace(/\s+/g, ' ')).toContain(words)
  })

  it('never calls a clear eye by itself routine, and keeps what a clinician wrote of it', async () => {
    const clear = { ...sampleStudy, triage: { level: 'routine', text: 'Photograph again in 12 months.', code: 'dr-none' } } as const
    const text = textOf(await studyReportPdf({ ...input, study: { ...clear, reviews: [] } })).replace(/\s+/g, ' ')
    expect(text).toMatch(/This eye alone: nothing to refer\. This is one eye only: the result .*of the person needs both\./)
    expect(text).not.toMatch(/ROUTINE|12 months/)
    const written = { at: input.generatedAt, by: 'amina', action: 'change', reason: 'old scar', triage: { level: 'routine', text: 'Only a scar.' } } as const
    const changed = textOf(await studyReportPdf({ ...input, study: { ...clear, reviews: [written] } }))
    expect(changed).toMatch(/nothing to refer\. Only a scar\./)
    expect(changed).not.toContain('12 months')
    expect(textOf(await studyReportPdf({ ...input, study: { ...clear, modality: 'cxr', reviews: [] } }))).toContain('ROUTINE')
  })

  it.each([
    ['Cyrillic', 'Анна Петрова'], ['Arabic', 'فاطمة الزهراء'], ['Devanagari', 'आशा'], ['Thai', 'สมชาย'], ['Ethiopic', 'አበበ'], ['Bengali', 'রহিমা'], ['Vietnamese', 'Nguyễn Thị Hồng']
  ])('draws a name in %s', async (_script, name) => {
    const where = { left: 42, top: 124, width: 240, height: 17 }
    const blank = await inkIn(await studyReportPdf({ ...input, patient: { ...samplePatient, name: ' ' } }), where)
    expect(await inkIn(await studyReportPdf({ ...input, patient: { ...samplePatient, name } }), where)).toBeGreaterThan(blank + 30)
  })

  it('prints no finding of what a clinician rejected, and no heatmap', async () => {
    const study = { ...sampleStudy, reviews: [{ at: input.generatedAt, by: 'ben', action: 'reject' as const, reason: 'Not this eye.' }] }
    const heatmap = await sharp({ create: { width: 64, height: 64, channels: 4, background: '#ff0000' } }).png().toBuffer()
    const text = textOf(await studyReportPdf({ ...input, image: await jpegFile(fundusPhantom({ width: 64, height: 64, seed: 1, eye: 'R' })), heatmap, study }))
    expect(text).not.toMatch(/POSITIVE|Where the network looked/)
    expect(text).toContain('Not this eye.')
  })

  it('shows what was found, of more findings than there is room for', async () => {
    const found = ['Effusion', 'Nodule', 'Cardiomegaly', 'Pneumothorax'].map((name, index) => ({ code: `finding-${index}`, name, score: 0.1, threshold: 0.5, positive: index === 3 }))
    const text = textOf(await studyReportPdf({ ...input, study: { ...sampleStudy, reading: { ...sampleStudy.reading!, findings: found } } }))
    expect(text).toMatch(/Pneumothorax +0.10 +0.50 +POSITIVE/)
  })

  it('shows the picture, and the heatmap over a second one', async () => {
    const phantom = fundusPhantom({ seed: 2, width: 400, height: 400 })
    const image = await jpegFile(phantom)
    const heatmap = await sharp({ create: { width: 100, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } }).png().toBuffer()
    const right = { left: 360, top: 300, width: 150, height: 150 }
    expect(await inkIn(await studyReportPdf({ ...input, image, heatmap }), right)).toBeGreaterThan(5000)
    expect(await inkIn(await studyReportPdf({ ...input, image }), { ...right, left: 480, width: 60 })).toBe(0)
  })
})
