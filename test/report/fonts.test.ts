import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { faceOfDocument, faces } from '../../src/report/fonts.js'
import { studyReportPdf } from '../../src/report/pdf.js'
import { samplePatient, sampleStudy } from './sample-study.js'

const report = async (name: string): Promise<string> => createHash('sha256')
  .update(await studyReportPdf({ study: sampleStudy, patient: { ...samplePatient, name }, siteName: 'Hillside Clinic', locale: 'en-GB', generatedAt: '2026-03-04T10:00:00.000Z' })).digest('hex')

it('makes the same bytes of the same report whatever was written before, also with letters that share a glyph', async () => {
  const [first, other] = [await report('\u00b5\u0391 \u2126mega'), await report('\u03bc\u0041 \u03a9mega')]
  expect([await report('\u00b5\u0391 \u2126mega'), await report('\u03bc\u0041 \u03a9mega')]).toEqual([first, other])
})

it('decodes the tables of a font once for all documents, and keeps the glyphs of each apart', () => {
  const [regular] = faces()
  const [one, two] = [faceOfDocument(regular!), faceOfDocument(regular!)]
  expect((one as unknown as { head: unknown }).head).toBe((two as unknown as { head: unknown }).head)
  expect(one.glyphForCodePoint(0x41)).toBe(one.glyphForCodePoint(0x41))
  expect(one.glyphForCodePoint(0x41)).not.toBe(two.glyphForCodePoint(0x41))
})
