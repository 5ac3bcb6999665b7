import { describe, expect, it } from 'vitest'
import { decodeBytes, type Decoded } from '../../../src/ingest/decode/decode.js'
import { makeDicom, SYNTAX, type DicomOptions } from '../../generators/dicom.js'

async function decoded(options: DicomOptions): Promise<Decoded> {
  const result = await decodeBytes(makeDicom(options))
  if (!result.ok) throw new Error(result.error.code)
  return result.value
}

const shown = async (options: DicomOptions): Promise<number[]> => [...(await decoded({ columns: 4, rows: 1, ...options })).pixels.data]
const values = (...list: number[]): Uint16Array => Uint16Array.from(list)
const lutItem = (descriptor: number[], data: number[]) => [
  { tag: 0x00283002, vr: 'US', value: descriptor }, { tag: 0x00283006, vr: 'US', value: data }
]

describe('monochrome images', () => {
  it('follow the window (PS3.3 C.11.2.1.2.1)', async () => {
    expect(await shown({ pixels: values(0, 1000, 1500, 4000), window: [1500.5, 1001] })).toEqual([0, 0, 128, 255])
  })

  it('without their bits allocated and stored are read by the length of the pixel data', async () => {
    const without = [0x00280100, 0x00280101, 0x00280102].map((tag) => ({ tag, vr: 'US', value: new Uint8Array(0) }))
    expect(await shown({ pixels: values(0, 1000, 1500, 4000), window: [1500.5, 1001], extra: without })).toEqual([0, 0, 128, 255])
    expect(await shown({ pixels: Uint8Array.of(0, 10, 20, 255), bitsAllocated: 8, window: [128, 256], extra: without })).toEqual([0, 10, 20, 255])
  })

  it('take the first of several windows', async () => {
    const extra = [{ tag: 0x00281050, vr: 'DS', value: '1500.5\\9' }, { tag: 0x00281051, vr: 'DS', value: '1001\\9' }]
    expect(await shown({ pixels: values(0, 1000, 1500, 4000), extra })).toEqual([0, 0, 128, 255])
  })

  it('are turned over when MONOCHROME1', async () => {
    expect(await shown({ pixels: values(0, 1000, 1500, 4000), window: [1500.5, 1001], photometric: 'MONOCHROME1' })).toEqual([255, 255, 127, 0])
  })

  it('are rescaled before the window', async () => {
    expect(await shown({ pixels: values(0, 500, 750, 2000), rescale: [2, -1000], window: [500.5, 1001] })).toEqual([0, 0, 128, 255])
  })

  it('read signed values by their stored bits', async () => {
    expect(await shown({ pixels: values(0x0800, 0x0fff, 0, 0x07ff), signed: true, window: [0, 4096] })).toEqual([0, 127, 128, 255])
  })

  it('ignore what old overlays left in the unused bits', async () => {
    expect(await shown({ pixels: values(0xf000, 0x1800, 0x8fff, 0x07ff), window: [2048, 4096] })).toEqual([0, 128, 255, 127])
  })

  it('honour a high bit that is not the last stored one', async () => {
    expect(await shown({ pixels: values(0, 0x0fff << 4, 0x0800 << 4, 0xf), highBit: 15, window: [2048, 4096] })).toEqual([0, 255, 128, 0])
  })

  it('use the VOI LUT where there is one', async () => {
    const extra = [{ tag: 0x00283010, vr: 'SQ', value: [lutItem([3, 10, 8], [0, 200, 255])] }]
    expect(await shown({ pixels: values(0, 10, 11, 99), extra })).toEqual([0, 0, 200, 255])
  })

  it('use the modality LUT before the window', async () => {
    const extra = [{ tag: 0x00283000, vr: 'SQ', value: [lutItem([4, 0, 16], [0, 100, 50, 25])] }]
    expect(await shown({ pixels: values(0, 1, 2, 3), extra, window: [50.5, 101] })).toEqual([0, 255, 128, 64])
  })

  it('use the window of the shared functional groups of an enhanced object', async () => {
    const voi = { tag: 0x00289132, vr: 'SQ', value: [[{ tag: 0x00281050, vr: 'DS', value: '1500.5' }, { tag: 0x00281051, vr: 'DS', value: '1001' }]] }
    const extra = [{ tag: 0x52009229, vr: 'SQ', value: [[voi]] }]
    expect(await shown({ pixels: values(0, 1000, 1500, 4000), extra })).toEqual([0, 0, 128, 255])
  })

  it('fill the range by percentiles when they name no window, however few of the bits are used', async () => {
    const { data } = (await decoded({ columns: 100, rows: 100, bitsStored: 16, pixels: Uint16Array.from({ length: 10_000 }, (_, i) => 300 + (i % 100)) })).pixels
    expect([Math.min(...data), Math.max(...data)]).toEqual([0, 255])
  })

  it('leave the padding value out of that range', async () => {
    const pixels = Uint16Array.from({ length: 10_000 }, (_, i) => (i < 5000 ? 0 : 1000 + (i % 100)))
    const { data } = (await decoded({ columns: 100, rows: 100, pixels, extra: [{ tag: 0x00280120, vr: 'US', value: 0 }] })).pixels
    expect([data[0], data[5000], data[9999]]).toEqual([0, 0, 255])
  })

  it('stay as they are at 8 bits without a window', async () => {
    expect(await shown({ bitsAllocated: 8, pixels: Uint8Array.from([10, 20, 30, 200]) })).toEqual([10, 20, 30, 200])
  })

  it('ignore a window that would show nothing, and say so', async () => {
    const pixels = Uint16Array.from({ length: 400 }, (_, i) => i)
    const image = await decoded({ columns: 20, rows: 20, pixels, window: [30_000, 100] })
    expect(image.notes.map((note) => note.code)).toEqual(['window-ignored'])
    expect(Math.max(...image.pixels.data)).toBe(255)
  })

  it('are read from 1 bit', async () => {
    expect(await shown({ columns: 8, rows: 1, extra: [{ tag: 0x00280100, vr: 'US', value: 1 }, { tag: 0x00280101, vr: 'US', value: 1 }, { tag: 0x7fe00010, vr: 'OB', value: Uint8Array.from([0b00000101, 0]) }] }))
      .toEqual([255, 0, 255, 0, 0, 0, 0, 0])
  })

  it('are read from 32 bits', async () => {
    const pixels = new Uint8Array(Uint32Array.from([0, 1_000_000, 2_000_000, 4_000_000]).buffer)
    expect(await shown({ bitsAllocated: 32, bitsStored: 32, extra: [{ tag: 0x7fe00010, vr: 'OW', value: pixels }], window: [2_000_000, 4_000_001] })).toEqual([0, 64, 128, 255])
  })

  it('are swapped in explicit big endian', async () => {
    expect(await shown({ transferSyntax: SYNTAX.big, pixels: values(0, 1000, 1500, 4000), window: [1500.5, 1001] })).toEqual([0, 0, 128, 255])
  })
})

describe('long clips', () => {
  const clip = (frames: number): DicomOptions => ({ columns: 4, rows: 4, bitsAllocated: 8, frames, pixels: Uint8Array.from({ length: 16 * frames }, (_, i) => Math.floor(i / 16)) })

  it('are sampled evenly and say so', async () => {
    const result = await decodeBytes(makeDicom(clip(100)), { maxPixels: 1e6, maxBytes: 1e6, maxFrames: 4 })
    expect(result).toMatchObject({ ok: true, value: { pixels: { frames: 4 }, notes: [{ code: 'frames-sampled' }] } })
    expect(result.ok && [0, 1, 2, 3].map((frame) => result.value.pixels.data[frame * 16])).toEqual([12, 37, 62, 87])
  })

  it('keep whole frames when the file ends early, and say how many are missing', async () => {
    const whole = makeDicom(clip(10))
    const result = await decodeBytes(whole.subarray(0, whole.length - 40))
    expect(result).toMatchObject({ ok: true, value: { pixels: { frames: 7 }, notes: [{ code: 'frames-damaged', text: expect.stringContaining('3 frames') as string }] } })
  })
})
