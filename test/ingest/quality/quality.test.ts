import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Modality, Pixels } from '../../../src/domain/image-content.js'
import { chestPhantom } from '../../../src/phantoms/chest.js'
import { fundusPhantom } from '../../../src/phantoms/fundus.js'
import { lungUltrasoundPhantom } from '../../../src/phantoms/lung-ultrasound.js'
import { assessQuality, type QualityDemands } from '../../../src/ingest/quality/assess.js'
import { LIMITS } from '../../../src/ingest/quality/limits-table.js'
import { measure, type Measures } from '../../../src/ingest/quality/measure.js'
import { shrink } from '../../../src/ingest/quality/shrink.js'

const mapped = (pixels: Pixels, change: (value: number, index: number) => number): Pixels => ({ ...pixels, data: Uint8Array.from(pixels.data, (value, index) => Math.min(255, Math.max(0, change(value, index)))) })
const fundus = fundusPhantom({ seed: 2, width: 500, height: 500 })
const chest = chestPhantom({ seed: 2, width: 500, height: 450 })
const codes = (pixels: Pixels, modality: Modality, demands: QualityDemands = {}) => {
  const quality = assessQuality({ modality, measures: measure(pixels, 0), demands })
  return { gradable: quality.gradable, codes: quality.reasons.map(({ code }) => code), score: quality.score }
}
/** Averages over a square of 2 r + 1 pixels. */
function blurred({ width, height, channels, data, frames }: Pixels, r: number): Pixels {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) {
    let [sum, n] = [0, 0]
    for (let j = Math.max(0, y - r); j <= Math.min(height - 1, y + r); j += 2) for (let i = Math.max(0, x - r); i <= Math.min(width - 1, x + r); i += 2) { sum += data[(j * width + i) * channels + c]!; n += 1 }
    out[(y * width + x) * channels + c] = sum / n
  }
  return { width, height, channels, frames, data: out }
}

describe('quality', () => {
  it.each([['fundus', fundus], ['cxr', chest], ['ultrasound', lungUltrasoundPhantom({ seed: 1, width: 500, height: 400, pattern: 'b-lines' })]] as const)('passes a good %s', (modality, pixels) => {
    expect(codes(pixels, modality)).toMatchObject({ gradable: true, codes: [] })
  })

  it('says too dark, too bright, out of focus, low contrast and how to take it again', () => {
    expect(codes(mapped(fundus, (value) => value * 0.22), 'fundus').codes).toContain('too-dark')
    expect(codes(mapped(fundus, (value) => (value > 20 ? value * 4 + 120 : value)), 'fundus').codes).toContain('too-bright')
    expect(codes(blurred(fundus, 15), 'fundus').codes).toContain('out-of-focus')
    expect(codes(mapped(chest, (value) => 120 + (value - 120) * 0.08), 'cxr')).toMatchObject({ gradable: false, codes: expect.arrayContaining(['low-contrast']) })
    expect(LIMITS.fundus.every(({ retake, text }) => retake !== '' && text !== '')).toBe(true)
  })

  it('says that half the round field is missing', () => {
    expect(codes(mapped(fundus, (value, index) => (Math.floor(index / 3) % 500 > 190 ? 0 : value)), 'fundus').codes).toContain('field-cut-off')
  })

  it('refuses an eye without colour, which the model has never seen', () => {
    const green = mapped(fundus, (_, index) => fundus.data[index - (index % 3) + 1]!)
    expect(codes(green, 'fundus')).toMatchObject({ gradable: false, codes: expect.arrayContaining(['no-colour']) as string[] })
  })

  it('calls one shade blank, black or not', () => {
    for (const shade of [0, 128, 255]) expect(codes(mapped(chest, () => shade), 'cxr')).toMatchObject({ gradable: false, score: 0, codes: expect.arrayContaining(['blank']) })
  })

  it('scores from 128 pixels with a remark where more was meant, and refuses below', () => {
    const sized = (width: number) => codes(chestPhantom({ seed: 1, width, height: 300 }), 'cxr', { resolution: { refuseBelow: 200, meantFor: 288 } })
    expect(sized(128)).toMatchObject({ gradable: true, codes: expect.arrayContaining(['low-resolution']) })
    expect(sized(127)).toMatchObject({ gradable: false, score: 0 })
    expect(sized(127).codes[0]).toBe('low-resolution')
  })

  it('obeys limits that a pack sets itself, also of measures that have none', () => {
    const { brightness, symmetry } = measure(chest, 0)
    expect(codes(chest, 'cxr', { measures: { brightness: [brightness + 1, 255] } })).toMatchObject({ gradable: false, codes: ['too-dark'] })
    expect(codes(chest, 'cxr', { measures: { symmetry: [symmetry + 0.01, 1] } })).toMatchObject({ gradable: false, codes: ['quality-reject'] })
    expect(codes(chest, 'cxr', { measures: { nonsense: [5, 6] } }).gradable).toBe(true)
  })

  it('refuses what the network rejects or does not know, and only past the limit', () => {
    const after = (rejectProbability: number, distance: number) =>
      assessQuality({ modality: 'cxr', measures: measure(chest, 0), demands: { qualityRejectAbove: 0.6, maxDistance: 0.8 }, rejectProbability, distance })
    expect(after(0.61, 0).reasons[0]?.code).toBe('quality-reject')
    expect(after(0, 0.81).reasons[0]?.code).toBe('out-of-distribution')
    expect([after(0.6, 0.8).gradable, after(0.6, 0.8).score]).toEqual([true, 0.4])
  })

  it('gives a score from 0 to 1 that is 0 exactly when it refuses, whatever was measured', () => {
    const some = fc.record(Object.fromEntries(Object.keys(measure(chest, 0)).map((name) => [name, fc.double({ min: -300, max: 5000, noNaN: true })])))
    fc.assert(fc.property(some, fc.constantFrom<Modality>('fundus', 'cxr', 'ultrasound'), (measures, modality) => {
      const { gradable, score, reasons } = assessQuality({ modality, measures: measures as Measures, demands: {} })
      expect(score).toSatisfy((value: number) => value >= 0 && value <= 1)
      if (!gradable) expect([score, reasons.length > 0]).toEqual([0, true])
    }))
  })
})

describe('the small copy', () => {
  it('is at most 512 pixels, keeps the aspect and never grows', () => {
    const size = (width: number, height: number) => { const { width: w, height: h } = shrink({ width, height, channels: 1, frames: 1, data: new Uint8Array(width * height) }, 0); return [w, h] }
    expect([size(1024, 512), size(100, 50), size(3000, 2)]).toEqual([[512, 256], [100, 50], [512, 1]])
  })

  it('takes the frame that was asked for', () => {
    const data = new Uint8Array(2 * 64).fill(200, 64)
    expect([...shrink({ width: 8, height: 8, channels: 1, frames: 2, data }, 1).luma].every((value) => value === 200)).toBe(true)
  })

  it('measures a negative film as brighter beside the middle', () => {
    expect(measure(chest, 0).chestPolarity).toBeGreaterThan(0)
    expect(measure(mapped(chest, (value) => 255 - value), 0).chestPolarity).toBeLessThan(0)
  })
})
