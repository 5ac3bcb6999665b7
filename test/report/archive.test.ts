import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limitSentences, reportLabels, reportSay } from '../../src/compose/report-words.js'
import { reportOf, registerOf } from '../../src/compose/report.js'
import { languages } from '../../src/i18n/catalogues.js'
import { wordsFor } from '../../src/i18n/words.js'
import { studyReportPdf } from '../../src/report/pdf.js'
import { systemClock } from '../../src/platform/clock.js'
import { samplePatient, sampleStudy } from './sample-study.js'

const havePoppler = spawnSync('pdffonts', ['-v']).error === undefined
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'archive-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const parts = { store: { derivedFolder: () => folder }, config: { siteName: 'Hillside Clinic' }, clock: systemClock, packsFolder: 'models-int8' }
const report = (language: string, kind: 'report' | 'letter' = 'report') => reportOf(parts, sampleStudy, { language, kind, patient: samplePatient })
const register = (language: string) => registerOf(parts, { day: '2026-03-04', language, lines: Array.from({ length: 40 }, () => ({ cells: ['08:15', 'Phantom Person F 64', 'Hillside', 'Eye photo', 'Urgent: refer'], bold: true })) })
const textOf = (pdf: Buffer): string => {
  writeFileSync(join(folder, 'paper.pdf'), pdf)
  return execFileSync('pdftotext', ['-layout', join(folder, 'paper.pdf'), '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ')
}

describe('paper for the archive', () => {
  it.each(languages.map(({ locale }) => locale))('says in %s that it is PDF/A-2b, with its colours and its metadata', async (language) => {
    for (const pdf of [await report(language), await report(language, 'letter'), await register(language)]) {
      const text = pdf.toString('latin1')
      expect(text.startsWith('%PDF-1.7')).toBe(true)
      expect(text).toMatch(/pdfaid:part>2<[\s\S]*pdfaid:conformance>B</)
      expect(text).toMatch(/\/S \/GTS_PDFA1/)
      expect(text).toMatch(/\/DestOutputProfile/)
      expect(text).not.toMatch(/\/Encrypt|\/JavaScript|\/BaseFont \/Helvetica/)
    }
  })
})

it('is the same bytes whenever it is made, when it is told its date', async () => {
  const made = (now: string) => reportOf({ ...parts, clock: { ...systemClock, now: () => new Date(now) } }, sampleStudy, { language: 'en', patient: samplePatient, at: '2026-03-04T10:00:00.000Z' })
  expect((await made('2026-03-05T10:00:00.000Z')).equals(await made('2027-03-05T11:00:00.000Z'))).toBe(true)
})

describe.skipIf(!havePoppler)('paper read back by poppler (apt-get install poppler-utils)', () => {
  it.each(languages.map(({ locale }) => locale))('embeds every font of the %s report', async (language) => {
    writeFileSync(join(folder, 'fonts.pdf'), await report(language))
    const fonts = execFileSync('pdffonts', [join(folder, 'fonts.pdf')], { encoding: 'utf8' }).trim().split('\n').slice(2)
    expect(fonts.length).toBeGreaterThan(0)
    for (const font of fonts) expect(font).toMatch(/Identity-H\s+yes yes yes/)
  })

  it('speaks the language of who prints it, and the limits of the pack in English', async () => {
    const french = textOf(await report('fr'))
    for (const words of ['Compte rendu de dépistage', 'Ce que ceci ne dit pas', 'Œil droit', '20260304-7Q2MNB4X']) expect(french).toContain(words)
    const { id, version, limits } = JSON.parse(readFileSync(`models-int8/dr-fundus/${readdirSync('models-int8/dr-fundus').at(-1)!}/manifest.json`, 'utf8')) as { id: string; version: string; limits: string[] }
    const ofPack = { ...sampleStudy, reading: { ...sampleStudy.reading!, pack: { id, version, sha256: 'a'.repeat(64) } } }
    expect(textOf(await reportOf(parts, ofPack, { language: 'en', patient: samplePatient }))).toContain(limits[0])
    expect(textOf(await report('sw', 'letter'))).toMatch(/Kwa kliniki ya macho[\s\S]*Tafadhali jibu/)
  })

  it('shows a long finding in full, on two lines', async () => {
    const words = wordsFor('en')
    const name = 'Signs of a very long finding that no column of a table holds'
    const text = textOf(await studyReportPdf({
      study: { ...sampleStudy, reading: { ...sampleStudy.reading!, findings: [{ code: 'x', name, score: 0.5, threshold: 0.4, positive: true }] } }, siteName: 'A', locale: 'en', generatedAt: '2026-03-04T10:00:00.000Z',
      labels: reportLabels(words), say: reportSay(words), limits: limitSentences(words, [])
    }))
    for (const word of name.split(' ')) expect(text).toContain(word)
  })

  it('signs every line of the register, on as many pages as it takes', async () => {
    expect(textOf(await register('en')).match(/Phantom Person/g)).toHaveLength(40)
  })
})
