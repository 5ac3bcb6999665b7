import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../../src/domain/image-content.js'
import { decodeBytes } from '../../../src/ingest/decode/decode.js'
import { makeBmp } from '../../generators/bmp.js'

async function pixelsOf(bytes: Buffer): Promise<Pixels> {
  const result = await decodeBytes(bytes)
  if (!result.ok) throw new Error(result.error.code)
  return result.value.pixels
}

const near = (actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void =>
  expected.forEach((value, i) => expect(Math.abs((actual[i] ?? -999) - value)).toBeLessThanOrEqual(tolerance))

const colour = (width: number, height: number): Sharp => sharp(Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 256)), { raw: { width, height, channels: 3 } })
const film = (width: number, height: number, top: number): Sharp =>
  sharp(Uint16Array.from({ length: width * height }, (_, i) => Math.round(((i % width) / (width - 1)) * top)), { raw: { width, height, channels: 1 } }).toColourspace('grey16')

describe('image files', () => {
  it('JPEG is turned upright by its EXIF orientation', async () => {
    const half = Buffer.alloc(40 * 20 * 3).map((_, i) => (Math.floor(i / 3) % 40 < 20 ? 255 : 0))
    const bytes = await sharp(half, { raw: { width: 40, height: 20, channels: 3 } }).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer()
    const pixels = await pixelsOf(bytes)
    expect([pixels.width, pixels.height, pixels.channels]).toEqual([20, 40, 3])
    near(pixels.data, [255, 255, 255], 3)
    near(pixels.data.subarray(-3), [0, 0, 0], 3)
  })

  it('grey JPEG gives one channel', async () => {
    expect((await pixelsOf(await sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } }).greyscale().toColourspace('b-w').jpeg().toBuffer())).channels).toBe(1)
  })

  it.each(['png', 'tiff'] as const)('8-bit %s keeps its values', async (format) => {
    const source = colour(9, 5)
    const pixels = await pixelsOf(await source.clone().toFormat(format, { compression: 'lzw' } as object).toBuffer())
    expect(pixels).toMatchObject({ width: 9, height: 5, channels: 3, frames: 1 })
    expect(Buffer.from(pixels.data)).toEqual(await source.raw().toBuffer())
  })

  it.each(['png', 'tiff'] as const)('16-bit grey %s of a 12-bit film is not black', async (format) => {
    const pixels = await pixelsOf(await film(256, 64, 4095).toFormat(format, format === 'tiff' ? { compression: 'deflate' } : {}).toBuffer())
    expect(pixels).toMatchObject({ width: 256, height: 64, channels: 1 })
    expect(Math.max(...pixels.data)).toBe(255)
    near(pixels.data, [0], 1)
    expect(pixels.data[128]).toBeGreaterThan(120)
    expect(pixels.data[128]).toBeLessThan(136)
  })

  it('16-bit colour keeps its high byte', async () => {
    const bytes = await sharp(Uint16Array.from({ length: 300 }, () => 0x8000), { raw: { width: 10, height: 10, channels: 3 } }).toColourspace('rgb16').png().toBuffer()
    const pixels = await pixelsOf(bytes)
    expect(pixels.channels).toBe(3)
    near(pixels.data, [128, 128, 128], 1)
  })

  it('a TIFF of several pictures says that only its first was read; a smaller copy beside a picture is none', async () => {
    const page = (width: number): Promise<Buffer> => colour(width, 20).png().toBuffer()
    const tiff = async (...widths: number[]): Promise<Buffer> => sharp(await Promise.all(widths.map(page)), { join: { animated: true } }).tiff().toBuffer()
    expect(await decodeBytes(await tiff(30, 30, 30))).toMatchObject({ ok: true, value: { pixels: { width: 30, height: 20, frames: 1 }, notes: [{ code: 'pages-left-out', text: expect.stringContaining('3 pictures') as string }] } })
    expect(await decodeBytes(await colour(30, 20).tiff().toBuffer())).toMatchObject({ ok: true, value: { notes: [] } })
    const whole = await tiff(30, 30)
    const directory = whole.readUInt32LE(4)
    const second = whole.readUInt32LE(directory + 2 + 12 * whole.readUInt16LE(directory))
    const widthAt = second + 2 + 12 * Array.from({ length: whole.readUInt16LE(second) }, (_, at) => whole.readUInt16LE(second + 2 + 12 * at)).indexOf(256) + 8
    whole.writeUInt16LE(15, widthAt)
    expect(await decodeBytes(whole)).toMatchObject({ ok: true, value: { notes: [] } })
  })

  it('transparency lies over black', async () => {
    const pixels = await pixelsOf(await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } } }).png().toBuffer())
    expect(pixels.channels).toBe(3)
    near(pixels.data, [0, 0, 0], 0)
  })

  it('a JPEG that ends early is truncated, not half grey', async () => {
    const whole = await colour(400, 400).jpeg().toBuffer()
    expect(await decodeBytes(whole.subarray(0, whole.length / 2))).toMatchObject({ ok: false, error: { code: 'truncated' } })
  })

  it.each(['png', 'tiff'] as const)('a %s that ends early is truncated', async (format) => {
    const whole = await colour(400, 400).toFormat(format).toBuffer()
    expect(await decodeBytes(whole.subarray(0, Math.floor(whole.length * 0.6)))).toMatchObject({ ok: false, error: { code: 'truncated' } })
  })
})

describe('BMP', () => {
  const rows = [[255, 0, 0, 0, 255, 0], [0, 0, 255, 9, 8, 7]]
  const flat = rows.flat()

  it.each([24, 32] as const)('of %i bits is read bottom up and top down', async (bits) => {
    for (const topDown of [false, true]) expect([...(await pixelsOf(makeBmp({ width: 2, height: 2, bits, rows, topDown }))).data]).toEqual(flat)
  })

  it('of 8 bits with a colour palette gives colours', async () => {
    const pixels = await pixelsOf(makeBmp({ width: 3, height: 1, bits: 8, rows: [[0, 2, 1]], palette: [[1, 2, 3], [4, 5, 6], [7, 8, 9]] }))
    expect([pixels.channels, ...pixels.data]).toEqual([3, 1, 2, 3, 7, 8, 9, 4, 5, 6])
  })

  it.each([1, 4] as const)('of %i bits with a grey palette gives greys', async (bits) => {
    const pixels = await pixelsOf(makeBmp({ width: 5, height: 1, bits, rows: [[1, 0, 1, 1, 0]], palette: [[0, 0, 0], [200, 200, 200]] }))
    expect([pixels.channels, ...pixels.data]).toEqual([1, 200, 0, 200, 200, 0])
  })

  it('that ends early is truncated', async () => {
    const whole = makeBmp({ width: 2, height: 2, bits: 24, rows })
    expect(await decodeBytes(whole.subarray(0, whole.length - 4))).toMatchObject({ ok: false, error: { code: 'truncated' } })
  })
})
