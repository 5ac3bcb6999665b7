import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerOf, reportOf } from '../../src/compose/report.js'
import type { Study } from '../../src/domain/study.js'
import { languages } from '../../src/i18n/catalogues.js'
import { fundusPhantom } from '../../src/phantoms/fundus.js'
import { systemClock } from '../../src/platform/clock.js'
import { jpegFile } from '../generators/images.js'
import { samplePatient, sampleStudy } from './sample-study.js'

const JAR = join(process.env['VERAPDF_HOME'] ?? '/usr/local/share/verapdf', 'verapdf.jar')
const absent = !existsSync(JAR) || spawnSync('java', ['-version']).error !== undefined
const NAMES = ['Phantom Person', 'فاطمة شبح', 'आशा परीक्षण', 'Фатима Тест', 'አበበ ሙከራ']

type Summary = { readonly report: { readonly jobs: readonly { readonly itemDetails: { readonly name: string }; readonly validationResult?: readonly { readonly compliant: boolean; readonly details: { readonly ruleSummaries: readonly { clause: string; testNumber: number; description: string }[] } }[] }[] } }

/** What veraPDF says of each file: nothing, or the rules of ISO 19005-2 that it breaks. */
function checked(paths: readonly string[]): Record<string, readonly string[]> {
  const { stdout, stderr } = spawnSync('java', ['-cp', JAR, 'org.verapdf.apps.GreenfieldCliWrapper', '--flavour', '2b', '--format', 'json', ...paths], { encoding: 'utf8', maxBuffer: 64e6 })
  if (!stdout.startsWith('{')) throw new Error(`veraPDF said nothing: ${stderr.slice(0, 500)}`)
  const { report } = JSON.parse(stdout) as Summary
  return Object.fromEntries(report.jobs.map(({ itemDetails, validationResult }) => {
    const [result] = validationResult ?? []
    const broken = result?.details.ruleSummaries.map(({ clause, testNumber, description }) => `${clause} test ${testNumber}: ${description}`) ?? ['not looked at']
    return [itemDetails.name.split('/').at(-1) ?? '', result?.compliant ? [] : broken]
  }))
}

describe.skipIf(absent)('papers as PDF/A-2b, by veraPDF (absent: bash scripts/verapdf.sh)', () => {
  let folder: string
  const parts = () => ({ store: { derivedFolder: () => folder }, config: { siteName: 'Hillside Clinic' }, clock: systemClock, packsFolder: 'models-int8' })
  const study: Study = { ...sampleStudy, reading: { ...sampleStudy.reading!, derived: [{ role: 'preview', name: 'tablet-0.jpg', frame: 0 }, { role: 'heatmap', name: 'heatmap-dr-referable.png' }] } }
  const keep = async (name: string, bytes: Buffer): Promise<string> => {
    await writeFile(join(folder, name), bytes)
    return join(folder, name)
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verapdf-'))
    await writeFile(join(folder, 'tablet-0.jpg'), await jpegFile(fundusPhantom({ seed: 2, width: 640, height: 640 })))
    await sharp({ create: { width: 100, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } }).png().toFile(join(folder, 'heatmap-dr-referable.png'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('break no rule: report, letter and register in each language, with picture, heatmap and names in five scripts', async () => {
    const paths: string[] = []
    for (const [index, { locale }] of languages.entries()) {
      const patient = { ...samplePatient, name: NAMES[index % NAMES.length]! }
      for (const kind of ['report', 'letter'] as const) paths.push(await keep(`${kind}-${locale}.pdf`, await reportOf(parts(), study, { language: locale, kind, patient })))
      const lines = Array.from({ length: 45 }, (_, line) => ({ cells: ['08:15', NAMES[line % NAMES.length]!, 'Hillside', 'Eye photo', 'Urgent: refer'], bold: line % 3 === 0 }))
      paths.push(await keep(`register-${locale}.pdf`, await registerOf(parts(), { day: '2026-03-04', language: locale, lines })))
    }
    const said = checked(paths)
    expect(Object.keys(said)).toHaveLength(3 * languages.length)
    expect(Object.fromEntries(Object.entries(said).filter(([, broken]) => broken.length > 0))).toEqual({})
  }, 400_000)

  it('would be told of a rule that is broken', async () => {
    const whole = await readFile(join(folder, 'report-en.pdf'), 'latin1')
    const path = await keep('broken.pdf', Buffer.from(whole.replace('pdfaid:part>2<', 'pdfaid:part>1<'), 'latin1'))
    expect(checked([path])['broken.pdf']?.join()).toContain('6.6.4')
  }, 120_000)
})
