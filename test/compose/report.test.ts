import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { reportOf } from '../../src/compose/report.js'
import type { Reading } from '../../src/domain/reading.js'
import { systemClock } from '../../src/platform/clock.js'
import { samplePatient, sampleStudy } from '../report/sample-study.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'paper-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

const findings = ['lus-consolidation', 'lus-interstitial'].map((code, index) => ({ code, name: code, score: index, threshold: 0.5, positive: index === 1 }))
const previews = [0, 1].map((frame) => ({ role: 'preview', name: `tablet-${frame}.jpg`, frame }) as const)
const heatmaps = findings.map(({ code }) => ({ role: 'heatmap', name: `heatmap-${code}.png`, frame: 1 }) as const)

async function paperOf(derived: Reading['derived']): Promise<Buffer> {
  const study = { ...sampleStudy, modality: 'ultrasound' as const, reading: { ...sampleStudy.reading!, findings, derived } }
  return reportOf({ store: { derivedFolder: () => folder }, config: { siteName: 'Hillside Clinic' }, clock: systemClock, packsFolder: 'models-int8' }, study, { language: 'en', patient: samplePatient, at: '2026-03-04T10:00:00.000Z' })
}

/** A JPEG, which a PDF holds as it is. */
async function draw({ name, frame }: { readonly name: string; readonly frame: number }): Promise<Buffer> {
  const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: 40 * (frame + 1), g: 0, b: 0 } } }).jpeg().toBuffer()
  await writeFile(join(folder, name), bytes)
  return bytes
}

const paint = ({ name }: { readonly name: string }): Promise<unknown> => sharp({ create: { width: 64, height: 48, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } }).png().toFile(join(folder, name))
const pictures = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Subtype \/Image/g)?.length ?? 0

it('the paper lays the heatmap of a clip over the frame that it is of', async () => {
  const [first, judged] = await Promise.all(previews.map(draw))
  await Promise.all(heatmaps.map(paint))
  const paper = await paperOf([...previews, ...heatmaps])
  expect([paper.includes(first!), paper.includes(judged!)]).toEqual([true, true])
  await rm(join(folder, previews[1]!.name))
  expect(pictures(await paperOf([...previews, ...heatmaps]))).toBe(1)
})

it('the paper shows where the network looked for what it found, not for what it did not find', async () => {
  await Promise.all(previews.map(draw))
  await paint(heatmaps[1]!)
  const without = await paperOf(previews)
  expect(pictures(await paperOf([...previews, ...heatmaps]))).toBeGreaterThan(pictures(without))
})
