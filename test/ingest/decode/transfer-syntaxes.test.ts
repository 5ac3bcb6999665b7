import { describe, expect, it } from 'vitest'
import { decodeBytes } from '../../../src/ingest/decode/decode.js'
import type { Pixels } from '../../../src/domain/image-content.js'
import { COMPRESSED_SYNTAXES, makeAnyDicom } from '../../generators/dicom-compressed.js'
import { JPEG_EXTENDED_12_BIT_RAMP } from '../../generators/jpeg-extended-12.js'
import { rampPixels, SYNTAX, type DicomOptions } from '../../generators/dicom.js'

const GREY: DicomOptions = { columns: 96, rows: 64, bitsAllocated: 16, bitsStored: 12, window: [2048, 4096] }
const COLOUR: DicomOptions = { columns: 96, rows: 64, bitsAllocated: 8, samplesPerPixel: 3, photometric: 'RGB' }
const BASELINE = '1.2.840.10008.1.2.4.50'
const EXTENDED = '1.2.840.10008.1.2.4.51'
const LOSSY = new Set([BASELINE, EXTENDED, '1.2.840.10008.1.2.4.81', '1.2.840.10008.1.2.4.91', '1.2.840.10008.1.2.4.203'])
const ALL = [...Object.values(SYNTAX), ...COMPRESSED_SYNTAXES]

async function decoded(options: DicomOptions): Promise<Pixels> {
  const result = await decodeBytes(await makeAnyDicom(options))
  if (!result.ok) throw new Error(result.error.code)
  return result.value.pixels
}

const largestDifference = (a: Uint8Array, b: Uint8Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0)

describe('a 12-bit grey film', () => {
  it.each(ALL.filter((syntax) => syntax !== BASELINE && syntax !== EXTENDED))('comes out the same in %s', async (transferSyntax) => {
    const reference = Uint8Array.from(rampPixels(GREY), (value) => Math.round(Math.min(255, Math.max(0, ((value - 2047.5) / 4095 + 0.5) * 255))))
    const pixels = await decoded({ ...GREY, transferSyntax })
    expect(pixels).toMatchObject({ width: 96, height: 64, channels: 1, frames: 1 })
    expect(largestDifference(pixels.data, reference)).toBeLessThanOrEqual(LOSSY.has(transferSyntax) ? 3 : 0)
  })

  it('comes out in 12-bit JPEG Extended, which libjpeg-turbo at 8 bits cannot read', async () => {
    const window = [2048, 4096] as const
    const plain = await decoded({ window })
    const pixels = await decoded({ window, transferSyntax: EXTENDED, encodedFrames: [[JPEG_EXTENDED_12_BIT_RAMP]] })
    expect(largestDifference(pixels.data, plain.data)).toBeLessThanOrEqual(2)
  })
})

describe('a colour photograph', () => {
  it.each(ALL.filter((syntax) => syntax !== EXTENDED))('keeps its colours in %s', async (transferSyntax) => {
    const source = rampPixels(COLOUR).map((value, i) => (i % 3 === 0 ? value : i % 3 === 1 ? 255 - value : value >> 1)) as Uint8Array
    const pixels = await decoded({ ...COLOUR, pixels: source, transferSyntax })
    expect(pixels).toMatchObject({ width: 96, height: 64, channels: 3 })
    expect(largestDifference(pixels.data, source)).toBeLessThanOrEqual(LOSSY.has(transferSyntax) ? 24 : 0)
  })
})

describe('a clip', () => {
  it.each(ALL.filter((syntax) => syntax !== EXTENDED))('gives all its frames in %s', async (transferSyntax) => {
    const options: DicomOptions = { columns: 32, rows: 24, bitsAllocated: 8, frames: 4, transferSyntax, basicOffsetTable: false }
    const pixels = Uint8Array.from({ length: 32 * 24 * 4 }, (_, i) => Math.floor(i / (32 * 24)) * 60 + (i % 32))
    const clip = await decoded({ ...options, pixels })
    expect(clip.frames).toBe(4)
    expect(largestDifference(clip.data, pixels)).toBeLessThanOrEqual(LOSSY.has(transferSyntax) ? 8 : 0)
  })
})
