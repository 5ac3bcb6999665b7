import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pixels } from '../../../src/domain/image-content.js'
import type { Reading } from '../../../src/domain/reading.js'
import { writeSiteThreshold } from '../../../src/inference/site-thresholds.js'
import { chestPhantom } from '../../../src/phantoms/chest.js'
import { fundusPhantom } from '../../../src/phantoms/fundus.js'
import { silentLog } from '../../../src/platform/log.js'
import { inverted } from '../../../src/pipeline/reader/derived-files.js'
import type { ReadRequest } from '../../../src/pipeline/reader/protocol.js'
import { startReader, type Reader } from '../../../src/pipeline/reader/reader.js'
import { packsForTests } from '../../inference/pack-folder.js'
import { makeDicom, type DicomOptions } from '../../generators/dicom.js'
import { bmpFile, emptyFile, jpegFile, pngFile, textFile, truncated } from '../../generators/images.js'
import { builtChild } from './built-child.js'

let packs: string
let folder: string
let reader: Reader
beforeAll(async () => {
  packs = await packsForTests()
  folder = await mkdtemp(join(tmpdir(), 'screenpost-read-'))
  reader = await startReader({ packsFolder: packs, log: silentLog, script: builtChild, readyWithinMs: 60_000 })
  await reader.ready
})
afterAll(() => reader[Symbol.asyncDispose]())

/** Readers started by this process (proc(5)). */
function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const children = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number))
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes(builtChild))
}

let files = 0
async function readBytes(bytes: Buffer, request: Partial<ReadRequest> = {}) {
  const path = join(folder, `file-${files += 1}`)
  await writeFile(path, bytes)
  return reader.read({ path, ...request })
}
async function reading(bytes: Buffer, request: Partial<ReadRequest> = {}): Promise<Reading> {
  const result = await readBytes(bytes, request)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
const reasons = ({ quality }: Reading): string[] => quality.reasons.map(({ code }) => code)
const chest = (width = 400): Pixels => chestPhantom({ seed: 3, width, height: width, opacity: 'upper-lobe' })
const fundus = (): Pixels => fundusPhantom({ seed: 3, width: 400, height: 400 })
const blueish = (): Promise<Buffer> => sharp({ create: { width: 300, height: 300, channels: 3, background: '#2040ff', noise: { type: 'gaussian', mean: 120, sigma: 50 } } }).linear([0.2, 0.3, 1], [0, 0, 60]).png().toBuffer()

describe('reading an object', () => {
  it('has packs proven by their golden cases', () => {
    expect(reader.status()).toMatchObject({ provider: 'cpu', alive: true })
    expect(reader.status().packs.map(({ id, inService }) => [id, inService])).toEqual([['dr-fundus', true], ['image-gate', true], ['tb-chest', true]])
  })

  it('scores a chest film and lays a heatmap over it', async () => {
    const derivedFolder = join(folder, 'derived-chest')
    const got = await reading(await pngFile(chest()), { derivedFolder })
    expect(got).toMatchObject({ modality: 'cxr', pack: { id: 'tb-chest', version: '1.0.0' }, provider: 'cpu', operatingPoint: 'screening', quality: { gradable: true } })
    expect(got.findings).toEqual([{ code: 'tb', name: 'Tuberculosis', score: expect.any(Number), threshold: 0.3, positive: got.findings[0]!.score >= 0.3 }])
    expect(got.derived.map(({ role, name }) => `${role} ${name}`)).toEqual(['preview tablet-0.jpg', 'thumbnail thumbnail.jpg', 'heatmap heatmap-tb.png'])
    for (const { name, sha256 } of got.derived) expect(createHash('sha256').update(await readFile(join(derivedFolder, name))).digest('hex')).toBe(sha256)
    expect((await readdir(derivedFolder)).sort()).toEqual(['heatmap-tb.png', 'tablet-0.jpg', 'thumbnail.jpg'])
    expect(await sharp(join(derivedFolder, 'heatmap-tb.png')).metadata()).toMatchObject({ width: 400, height: 400, channels: 4 })
    expect(got.timingMs.total).toBeGreaterThan(got.timingMs.decode)
  })

  it('renders every pixel as a PNG when asked', async () => {
    const path = join(folder, 'grey')
    await writeFile(path, await pngFile(chest()))
    const target = join(folder, 'every-pixel.png')
    expect(await reader.render({ path, frame: 0, size: 'full', target })).toEqual({ ok: true, value: target })
    const full = sharp(target)
    expect((await full.metadata()).channels).toBe(1)
    expect(Buffer.compare(await full.extractChannel(0).raw().toBuffer(), Buffer.from(chest().data))).toBe(0)
  })

  it('shows each frame of a clip on the tablet', async () => {
    const { width, height, data } = chest(160)
    const derivedFolder = join(folder, 'derived-clip')
    const got = await reading(makeDicom({ columns: width, rows: height, frames: 3, bitsAllocated: 8, modality: 'US', pixels: Uint8Array.from([...data, ...data, ...data]) }), { derivedFolder })
    expect(got.image.frames).toBe(3)
    expect((await readdir(derivedFolder)).sort()).toEqual(['tablet-0.jpg', 'tablet-1.jpg', 'tablet-2.jpg', 'thumbnail.jpg'])
  })

  it('grades a fundus photo without contradicting its findings', async () => {
    const got = await reading(await jpegFile(fundus()))
    expect(got).toMatchObject({ modality: 'fundus', pack: { id: 'dr-fundus' } })
    const positive = (code: string): boolean => got.findings.find((finding) => finding.code === code)!.positive
    expect(got.detail['grade']).toSatisfy((grade: number) => (grade >= 3) === positive('dr-vision-threatening') && (grade >= 2) === positive('dr-referable'))
    expect(got.derived).toEqual([])
  })

  it('uses another operating point when asked, and lists them when there is no such', async () => {
    expect((await reading(await pngFile(chest()), { operatingPoint: 'strict' })).findings[0]).toMatchObject({ threshold: 0.6 })
    expect(await readBytes(await pngFile(chest()), { operatingPoint: 'lenient' })).toMatchObject({ ok: false, error: { code: 'unknown-operating-point', message: expect.stringContaining('screening, strict') } })
  })

  it('uses the point that the site file names, and the threshold that the site fitted on its own cases before that', async () => {
    const site = { operatingPoints: { 'tb-chest': 'strict' } }
    expect(await reading(await pngFile(chest()), site)).toMatchObject({ operatingPoint: 'strict', findings: [{ threshold: 0.6 }] })
    const thresholdsFolder = join(folder, 'thresholds')
    const { sha256 = '' } = reader.status().packs.find(({ id }) => id === 'tb-chest')!
    await writeSiteThreshold(thresholdsFolder, { formatVersion: 1, pack: 'tb-chest', version: '1.0.0', modelSha256: sha256, at: '2026-03-01T00:00:00.000Z', by: 'A. Clinician', thresholds: { tb: 0.77 }, evidence: {}, confirmed: [] })
    await using second = await startReader({ packsFolder: packs, thresholdsFolder, log: silentLog, script: builtChild, readyWithinMs: 60_000 })
    const path = join(folder, 'own-threshold.png')
    await writeFile(path, await pngFile(chest()))
    expect(await second.read({ path, ...site })).toMatchObject({ ok: true, value: { operatingPoint: 'site', findings: [{ threshold: 0.77 }] } })
    expect(await second.read({ path, operatingPoint: 'strict' })).toMatchObject({ ok: true, value: { operatingPoint: 'strict', findings: [{ threshold: 0.6 }] } })
  })

  it('says of a point in the site file that the pack lacks what to do about it', async () => {
    expect(await readBytes(await pngFile(chest()), { operatingPoints: { 'tb-chest': 'lenient' } })).toMatchObject({
      ok: false, error: { code: 'unknown-operating-point', message: expect.stringMatching(/site file names the operating point 'lenient' for tb-chest.*Name one of screening, strict there.*read it again/) as string }
    })
  })

  it('asks when the content is none of the kinds, whatever pack was chosen', async () => {
    for (const packId of [undefined, 'tb-chest']) {
      const got = await reading(await blueish(), { packId })
      expect([got.quality.gradable, got.findings, reasons(got)[0]]).toEqual([false, [], 'wrong-image'])
    }
  })

  it('never reads an eye with the chest pack', async () => {
    const got = await reading(await pngFile(fundus()), { packId: 'tb-chest' })
    expect([got.quality.gradable, reasons(got)]).toEqual([false, ['wrong-image']])
  })

  it('puts a negative film right and scores it like the positive', async () => {
    const right = await reading(await pngFile(chest()))
    const turned = await reading(await pngFile(inverted(chest())))
    expect(reasons(turned)).toContain('inverted-put-right')
    expect(turned.findings).toEqual(right.findings)
  })

  it('gives no tuberculosis score under 15 years', async () => {
    const young = await reading(await pngFile(chest()), { ageYears: 9 })
    expect([young.quality.gradable, young.findings, reasons(young)]).toEqual([true, [], expect.arrayContaining(['under-age'])])
    expect((await reading(await pngFile(chest()), { ageYears: 15 })).findings).toHaveLength(1)
  })

  it('asks nobody under 15 years for a better film: it would not be scored either', async () => {
    const dark = { ...chest(), data: chest().data.map((value) => value * 0.1) }
    expect((await reading(await pngFile(dark), { ageYears: 30 })).quality.gradable).toBe(false)
    const young = await reading(await pngFile(dark), { ageYears: 9 })
    expect([young.quality.gradable, young.findings, reasons(young)]).toEqual([true, [], ['under-age']])
  })

  it('scores from 128 pixels with a remark, and refuses below', async () => {
    const small = await reading(await pngFile(chest(128)))
    expect([small.quality.gradable, small.findings.length, reasons(small)]).toEqual([true, 1, expect.arrayContaining(['low-resolution'])])
    const tiny = await reading(await pngFile(chest(127)))
    expect([tiny.quality.gradable, tiny.findings.length, reasons(tiny)[0]]).toEqual([false, 0, 'low-resolution'])
  })

  it('calls a black picture blank', async () => {
    const black = { width: 300, height: 300, channels: 1, frames: 1, data: new Uint8Array(90_000) } as const
    const got = await reading(await pngFile(black))
    expect([got.quality.gradable, reasons(got)[0]]).toEqual([false, 'blank'])
  })

  it('reads a DICOM chest and refuses the same as a knee, a side view or a scan', async () => {
    const { width, height, data } = chest(256)
    const object = (extra: DicomOptions): Buffer => makeDicom({ columns: width, rows: height, pixels: data, bitsAllocated: 8, modality: 'DX', ...extra })
    expect(await reading(object({ bodyPart: 'CHEST', viewPosition: 'PA', patientAge: '040Y' }))).toMatchObject({ content: 'dicom', modality: 'cxr', quality: { gradable: true } })
    for (const extra of [{ bodyPart: 'KNEE' }, { viewPosition: 'LL' }, { modality: 'MR' }]) {
      const got = await reading(object(extra))
      expect([got.quality.gradable, reasons(got)]).toEqual([false, ['wrong-image']])
    }
    expect(reasons(await reading(object({ patientAge: '009Y' })))).toContain('under-age')
  })

  it.each([['an empty file', async () => emptyFile(), 'empty-file'], ['a text', async () => textFile(), 'not-an-image'],
    ['half a JPEG', async () => truncated(await jpegFile(chest())), 'truncated']] as const)('answers %s with a problem', async (_name, make, code) => {
    expect(await readBytes(await make())).toMatchObject({ ok: false, error: { code } })
  })

  it('says that a file is gone', async () => {
    expect(await reader.read({ path: join(folder, 'gone') })).toMatchObject({ ok: false, error: { code: 'file-unreadable' } })
  })

  it('leaves signals of the terminal to its parent', async () => {
    const restarts = reader.status().restarts
    const pending = reading(await pngFile(chest()))
    for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGTERM')
    expect([(await pending).quality.gradable, reader.status().restarts]).toEqual([true, restarts])
  })

  it('renders a frame as PNG on demand', async () => {
    const path = join(folder, 'to-render')
    await writeFile(path, bmpFile(fundus()))
    const target = join(folder, 'full-0.png')
    expect(await reader.render({ path, frame: 0, size: 'full', target })).toEqual({ ok: true, value: target })
    expect(await sharp(target).metadata()).toMatchObject({ width: 400, height: 400, format: 'png' })
    expect(await reader.render({ path, frame: 1, size: 'full', target })).toMatchObject({ ok: false, error: { code: 'no-such-frame' } })
  })
})

describe('a pack that fails', () => {
  it('is out of service while the others work', async () => {
    const damaged = await packsForTests()
    await appendFile(join(damaged, 'tb-chest', '1.0.0', 'model.onnx'), 'x')
    await using second = await startReader({ packsFolder: damaged, log: silentLog, script: builtChild, readyWithinMs: 60_000 })
    const status = await second.ready
    expect(status.packs.find(({ id }) => id === 'tb-chest')).toMatchObject({ inService: false, problem: { code: 'pack-hash-mismatch' } })
    const path = join(folder, 'chest-without-pack')
    await writeFile(path, await pngFile(chest()))
    const got = await second.read({ path })
    expect(got).toMatchObject({ ok: true, value: { modality: 'cxr', pack: null, findings: [], quality: { gradable: false, reasons: [{ code: 'no-pack' }] } } })
  })
})
