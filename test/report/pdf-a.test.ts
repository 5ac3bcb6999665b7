import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fundusPhantom } from '../../src/phantoms/fundus.js'
import { referralLetterPdf } from '../../src/report/letter.js'
import { studyReportPdf } from '../../src/report/pdf.js'
import { registerPdf } from '../../src/report/register.js'
import { jpegFile } from '../generators/images.js'
import { samplePatient, sampleStudy } from './sample-study.js'

/*
 * For every machine: qpdf checks the file's syntax and shows its objects, and each test below holds one named requirement of ISO 19005-2 (PDF/A-2,
 * level b). The reference checker's own word is in verapdf.test.ts, which needs Java.
 */
const absent = spawnSync('qpdf', ['--version']).error !== undefined && process.env['CI'] !== 'true'

type Value = string | number | boolean | null | Value[] | { [key: string]: Value }
type Dictionary = { [key: string]: Value }
type Qpdf = { qpdf: [object, Record<string, { value?: Dictionary; stream?: { dict: Dictionary; data?: string } }>] }

const NAMES = ['Фатима شبح आशा สมชาย አበበ রহিমা', 'Phantom Person']
const LETTER = { title: 'رسالة إحالة', to: 'إلى', please: 'يرجى فحص المريض.', asked: 'سئل', reply: 'الرد', found: 'وجد', done: 'تم' }
const REGISTER = {
  siteName: 'Hillside Clinic', title: 'Register', day: '2026-03-04', columns: ['Time', 'Person', 'Village', 'Image', 'Verdict', 'Signature'], none: 'Nobody', note: 'Decision support under study.', locale: 'en',
  lines: NAMES.map((name, index) => ({ cells: ['08:15', name, 'Hillside', 'Eye photo', 'Urgent'], bold: index === 0 }))
}
let folder: string
let made: readonly (readonly [name: string, bytes: Buffer])[]

async function makeAll(): Promise<typeof made> {
  const at = '2026-03-04T10:00:00.000Z'
  const image = await jpegFile(fundusPhantom({ seed: 2, width: 400, height: 400 }))
  const heatmap = await sharp({ create: { width: 100, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } }).png().toBuffer()
  const report = { study: sampleStudy, patient: { ...samplePatient, name: NAMES[0] ?? '' }, siteName: 'Hillside Clinic', locale: 'ar', direction: 'rtl' as const, generatedAt: at, image, heatmap }
  return [['report', await studyReportPdf(report)], ['letter', await referralLetterPdf({ ...report, letter: LETTER, answers: [['تاريخ', '7']] })], ['register', await registerPdf({ ...REGISTER, generatedAt: at })]]
}

/** Every object of the file, streams with their decoded bytes. */
function objectsOf(bytes: Buffer): { dictionaries: Dictionary[]; streams: { dict: Dictionary; bytes: Buffer }[]; trailer: Dictionary; get(value: Value | undefined): Dictionary; text(value: Value | undefined): string } {
  const path = join(folder, 'one.pdf')
  writeFileSync(path, bytes)
  const { qpdf: [, all] } = JSON.parse(execFileSync('qpdf', ['--json=2', '--json-key=qpdf', '--json-stream-data=inline', '--decode-level=generalized', path], { maxBuffer: 64e6, encoding: 'utf8' })) as Qpdf
  const entries = Object.entries(all)
  const streams = entries.flatMap(([, { stream }]) => (stream ? [{ dict: stream.dict, bytes: Buffer.from(stream.data ?? '', 'base64') }] : []))
  const found = (value: Value | undefined): Dictionary => (typeof value === 'string' ? all[`obj:${value}`]?.value ?? all[`obj:${value}`]?.stream?.dict ?? {} : (value as Dictionary | undefined) ?? {})
  const text = (value: Value | undefined): string => String(/^\d+ \d+ R$/.test(String(value)) ? (all[`obj:${String(value)}`]?.value as Value | undefined) : value).replace(/^u:/, '')
  return { text, streams, dictionaries: entries.flatMap(([, { value, stream }]) => [value, stream?.dict].filter((each): each is Dictionary => typeof each === 'object' && each !== null)), trailer: all['trailer']?.value ?? {}, get: found }
}

/** Every name that stands anywhere in a dictionary, keys and values. */
const namesIn = (value: Value): string[] =>
  (Array.isArray(value) ? value.flatMap(namesIn) : value !== null && typeof value === 'object' ? Object.entries(value).flatMap(([key, inner]) => [key, ...namesIn(inner)]) : typeof value === 'string' && value.startsWith('/') ? [value] : [])

describe.skipIf(absent)('papers as PDF/A-2b, looked at with qpdf (absent: apt-get install qpdf)', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pdf-a-'))
    made = await makeAll()
  })
  afterAll(() => { rmSync(folder, { recursive: true }) })
  const each = (hold: (name: string, bytes: Buffer) => void): void => { for (const [name, bytes] of made) hold(name, bytes) }

  it('have a syntax without errors or warnings', () => each((name, bytes) => {
    writeFileSync(join(folder, 'one.pdf'), bytes)
    const checked = spawnSync('qpdf', ['--check', join(folder, 'one.pdf')], { encoding: 'utf8' })
    expect([name, checked.status, checked.stdout.includes('No syntax or stream encoding errors found')]).toEqual([name, 0, true])
  }))

  it('6.1.2, 6.1.3: begin with the header and a binary comment, end with an identifier, and are not encrypted', () => each((name, bytes) => {
    expect(bytes.subarray(0, 9).toString('latin1')).toMatch(/^%PDF-1\.[0-7]\n$/)
    expect([...bytes.subarray(10, 14)].every((byte) => byte > 127)).toBe(true)
    const { trailer } = objectsOf(bytes)
    expect([name, trailer['/Encrypt'], Array.isArray(trailer['/ID'])]).toEqual([name, undefined, true])
  }))

  it('6.2.3: have one output intent for PDF/A with an ICC profile of three colours', () => each((name, bytes) => {
    const { trailer, get, streams } = objectsOf(bytes)
    const intents = get(trailer['/Root'])['/OutputIntents'] as Value[]
    expect([name, intents.length]).toEqual([name, 1])
    const intent = get(intents[0])
    expect([intent['/S'], get(intent['/DestOutputProfile'])['/N']]).toEqual(['/GTS_PDFA1', 3])
    const profile = streams.find(({ dict }) => dict['/N'] === 3)
    expect([profile?.bytes.subarray(36, 40).toString('latin1'), profile?.bytes.subarray(16, 20).toString('latin1')]).toEqual(['acsp', 'RGB '])
  }))

  it('6.2.4, 6.1.7, 6.2.8: use no colour that the profile does not tell, no LZW, no interpolated or alternate picture', () => each((name, bytes) => {
    const { dictionaries, streams } = objectsOf(bytes)
    const names = dictionaries.flatMap(namesIn)
    expect([name, ['/DeviceCMYK', '/LZWDecode', '/Alternates', '/OPI'].filter((one) => names.includes(one))]).toEqual([name, []])
    expect(dictionaries.filter((one) => one['/Interpolate'] === true)).toEqual([])
    const drawn = streams.map((stream) => stream.bytes.toString('latin1')).filter((text) => /\bBT\b/.test(text) && /^[\t\n\r -~]*$/.test(text))
    expect(drawn.length).toBeGreaterThan(0)
    expect(drawn.filter((text) => /(?:-?[\d.]+\s+){4}[kK]\s/.test(text))).toEqual([])
  }))

  it('6.2.11.4: embed every font that is named', () => each((name, bytes) => {
    const { dictionaries, get } = objectsOf(bytes)
    const described = dictionaries.filter((one) => one['/Type'] === '/Font' && one['/Subtype'] !== '/Type0')
    expect(described.length).toBeGreaterThan(0)
    const missing = described.filter((font) => {
      const descriptor = get(font['/FontDescriptor'])
      return !['/FontFile', '/FontFile2', '/FontFile3'].some((key) => key in descriptor)
    })
    expect([name, missing.map((font) => font['/BaseFont'])]).toEqual([name, []])
    for (const font of described.filter((one) => one['/Subtype'] === '/CIDFontType2')) expect(font['/CIDToGIDMap']).toBeDefined()
  }))

  it('6.3, 6.5, 6.8, 6.9: hold no action, script, form, annotation, attached file or layer', () => each((name, bytes) => {
    const names = objectsOf(bytes).dictionaries.flatMap(namesIn)
    const forbidden = ['/JavaScript', '/JS', '/AA', '/OpenAction', '/Launch', '/AcroForm', '/Annots', '/EmbeddedFiles', '/EF', '/OCProperties', '/Movie', '/Sound', '/RichMedia', '/PS']
    expect([name, forbidden.filter((one) => names.includes(one))]).toEqual([name, []])
  }))

  it('6.6.2, 6.6.4: say part 2, level B in XMP that is not packed, and the same title and dates as the information dictionary', () => each((name, bytes) => {
    const { trailer, get, text, streams } = objectsOf(bytes)
    const root = get(trailer['/Root'])
    const metadata = get(root['/Metadata'])
    expect([name, metadata['/Type'], metadata['/Subtype'], metadata['/Filter']]).toEqual([name, '/Metadata', '/XML', undefined])
    const xmp = streams.find(({ dict }) => dict['/Subtype'] === '/XML')?.bytes.toString('utf8') ?? ''
    expect(xmp).toMatch(/<pdfaid:part>2<\/pdfaid:part>/)
    expect(xmp).toMatch(/<pdfaid:conformance>B<\/pdfaid:conformance>/)
    const info = get(trailer['/Info'])
    expect(text(info['/Title']).length).toBeGreaterThan(8)
    expect(xmp).toContain(text(info['/Title']))
    expect(xmp).toMatch(/<xmp:CreateDate>2026-03-04T10:00:00/)
    expect(text(info['/CreationDate'])).toContain('D:20260304100000')
    expect(root['/Lang']).toBeDefined()
  }))
})
