import { describe, expect, it } from 'vitest'
import { decodeBytes } from '../../../src/ingest/decode/decode.js'
import { makeDicom, SYNTAX, type DicomOptions } from '../../generators/dicom.js'

async function shown(options: DicomOptions): Promise<number[]> {
  const result = await decodeBytes(makeDicom({ columns: 2, rows: 1, bitsAllocated: 8, samplesPerPixel: 3, ...options }))
  if (!result.ok) throw new Error(result.error.code)
  expect(result.value.pixels.channels).toBe(3)
  return [...result.value.pixels.data]
}

const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list)

describe('colour images', () => {
  it('are RGB as they stand, interleaved or by planes', async () => {
    expect(await shown({ pixels: bytes(1, 2, 3, 4, 5, 6) })).toEqual([1, 2, 3, 4, 5, 6])
    expect(await shown({ pixels: bytes(1, 4, 2, 5, 3, 6), planar: 1 })).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('are converted from YBR_FULL', async () => {
    expect(await shown({ photometric: 'YBR_FULL', pixels: bytes(76, 85, 255, 150, 44, 21) })).toEqual([254, 0, 0, 0, 255, 1])
  })

  it('are converted from YBR_FULL_422, where two pixels share their chroma', async () => {
    expect(await shown({ photometric: 'YBR_FULL_422', pixels: bytes(100, 200, 128, 128) })).toEqual([100, 100, 100, 200, 200, 200])
  })

  it('are stretched from YBR_PARTIAL_422', async () => {
    expect(await shown({ photometric: 'YBR_PARTIAL_422', pixels: bytes(16, 235, 128, 128) })).toEqual([0, 0, 0, 255, 255, 255])
  })

  it('keep the upper bits of 16', async () => {
    expect(await shown({ bitsAllocated: 16, bitsStored: 16, pixels: Uint16Array.from([0x0100, 0x8000, 0xffff, 0, 0x00ff, 0x1234]) })).toEqual([1, 128, 255, 0, 0, 18])
  })

  it('are unswapped from 8-bit words in explicit big endian', async () => {
    expect(await shown({ transferSyntax: SYNTAX.big, extra: [{ tag: 0x7fe00010, vr: 'OW', value: bytes(1, 2, 3, 4, 5, 6) }] })).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describe('PALETTE COLOR', () => {
  const palette = (descriptor: number[], tables: Uint8Array[], segmented = false): DicomOptions => ({
    samplesPerPixel: 1, photometric: 'PALETTE COLOR',
    extra: tables.flatMap((table, channel) => [
      { tag: 0x00281101 + channel, vr: 'US', value: descriptor },
      { tag: (segmented ? 0x00281221 : 0x00281201) + channel, vr: 'OW', value: table }
    ])
  })
  const words = (...list: number[]): Uint8Array => new Uint8Array(Uint16Array.from(list).buffer)

  it('is looked up from 8-bit tables', async () => {
    expect(await shown({ ...palette([4, 0, 8], [bytes(0, 10, 20, 30), bytes(1, 11, 21, 31), bytes(2, 12, 22, 32)]), pixels: bytes(3, 1) })).toEqual([30, 31, 32, 10, 11, 12])
  })

  it('is looked up from 16-bit tables, values before and after the table taking its ends', async () => {
    const table = words(0x0a00, 0x1400)
    expect(await shown({ ...palette([2, 100, 16], [table, table, table]), pixels: bytes(0, 200) })).toEqual([10, 10, 10, 20, 20, 20])
  })

  it('expands discrete and linear segments', async () => {
    const table = words(0, 1, 0, 1, 4, 0xff00)
    expect(await shown({ ...palette([5, 0, 16], [table, table, table], true), pixels: bytes(2, 4) })).toEqual([127, 127, 127, 255, 255, 255])
  })

  it('without a palette is refused with the reason', async () => {
    const result = await decodeBytes(makeDicom({ bitsAllocated: 8, photometric: 'PALETTE COLOR' }))
    expect(result).toMatchObject({ ok: false, error: { code: 'bad-dicom', message: expect.stringContaining('palette') as string } })
  })
})
