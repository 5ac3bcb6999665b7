import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeBytes, decodeFile } from '../../../src/ingest/decode/decode.js'
import { makeAnyDicom } from '../../generators/dicom-compressed.js'
import { makeDataSet, makeDicom, SYNTAX } from '../../generators/dicom.js'

const codeOf = async (bytes: Buffer): Promise<string> => {
  const result = await decodeBytes(bytes)
  return result.ok ? 'ok' : result.error.code
}
const us = (tag: number, value: number) => ({ tag, vr: 'US', value })
const whole = makeDicom({ columns: 100, rows: 100 })

describe('bad input gets its reason', () => {
  it.each<[string, string, () => Buffer | Promise<Buffer>]>([
    ['an empty file', 'empty-file', () => Buffer.alloc(0)],
    ['a text file', 'not-an-image', () => Buffer.from('Dear colleague, the patient was seen today.\n'.repeat(20))],
    ['noise', 'not-an-image', () => Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 + 13) % 251))],
    ['a DICOM file cut in its pixels', 'truncated', () => whole.subarray(0, whole.length - 5000)],
    ['a DICOM file cut in its header', 'truncated', () => whole.subarray(0, 600)],
    ['a DICOM file cut after its meta header', 'bad-dicom', () => whole.subarray(0, whole.length - makeDataSet({ columns: 100, rows: 100 }).length)],
    ['a report without pixels', 'no-pixel-data', () => makeDicom({ extra: [{ tag: 0x7fe00010, vr: 'OW', value: new Uint8Array(0) }] })],
    ['zero rows', 'absurd-dimensions', () => makeDicom({ extra: [us(0x00280010, 0)] })],
    ['missing columns', 'absurd-dimensions', () => makeDicom({ extra: [{ tag: 0x00280011, vr: 'US', value: new Uint8Array(0) }] })],
    ['65535 x 65535 pixels in a small file', 'absurd-dimensions', () => makeDicom({ extra: [us(0x00280010, 65535), us(0x00280011, 65535)] })],
    ['more pixels than bytes', 'truncated', () => makeDicom({ extra: [us(0x00280010, 4000), us(0x00280011, 4000)] })],
    ['7 bits allocated', 'bad-dicom', () => makeDicom({ extra: [us(0x00280100, 7)] })],
    ['four samples per pixel', 'bad-dicom', () => makeDicom({ extra: [us(0x00280002, 4)] })],
    ['MPEG-4 video', 'unsupported-transfer-syntax', () => makeDicom({ transferSyntax: '1.2.840.10008.1.2.4.102', encodedFrames: [[Buffer.alloc(100)]] })],
    ['an invented transfer syntax', 'unsupported-transfer-syntax', () => makeDicom({ transferSyntax: '1.2.3.4', encodedFrames: [[Buffer.alloc(100)]] })],
    ['a damaged RLE frame', 'damaged-pixels', () => makeDicom({ transferSyntax: SYNTAX.rle, encodedFrames: [[Buffer.alloc(80)]] })],
    ['no fragments', 'damaged-pixels', () => makeDicom({ transferSyntax: SYNTAX.rle, encodedFrames: [[]] })],
    ['JPEG that is none', 'damaged-pixels', () => makeDicom({ transferSyntax: '1.2.840.10008.1.2.4.50', encodedFrames: [[Buffer.from('hello')]] })],
    ['a PNG of 60000 x 60000', 'absurd-dimensions', () => pngHeader(60_000, 60_000)],
    ['a PNG without its data', 'truncated', () => pngHeader(100, 100)],
    ['a BMP of negative width', 'absurd-dimensions', () => bmpOfWidth(-5)]
  ])('%s: %s', async (_name, code, make) => {
    expect(await codeOf(await make())).toBe(code)
  })

  it('a stream larger than its DICOM header says is refused by its own size, before it is decoded', async () => {
    const jpeg = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#000' } }).jpeg().toBuffer()
    expect(await codeOf(makeDicom({ columns: 10, rows: 10, bitsAllocated: 8, transferSyntax: '1.2.840.10008.1.2.4.50', encodedFrames: [[jpeg]] }))).toBe('absurd-dimensions')
  })

  it('a deflate bomb stops at its limit', async () => {
    const bomb = Buffer.concat([makeDicom({ transferSyntax: SYNTAX.deflated }).subarray(0, 132 + 200), deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 })])
    expect(['bad-dicom', 'no-pixel-data', 'truncated', 'absurd-dimensions']).toContain(await codeOf(bomb))
  })

  it('a file beyond the byte limit is not read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'decode-'))
    await writeFile(join(folder, 'x.dcm'), whole)
    expect(await decodeFile(join(folder, 'x.dcm'), { maxPixels: 1e6, maxBytes: 1000, maxFrames: 1 })).toMatchObject({ ok: false, error: { code: 'too-large' } })
    await rm(folder, { recursive: true })
  })

  it('no message holds the file name or what the header says of the patient', async () => {
    const result = await decodeBytes(makeDicom({ patientName: 'Secret^Name', extra: [us(0x00280010, 0)] }))
    expect(JSON.stringify(result)).not.toContain('Secret')
  })
})

describe('headers the field sends', () => {
  it.each([
    ['no preamble', makeDicom({ preamble: false })],
    ['no preamble and no meta header, explicit', makeDicom({ preamble: false, meta: false })],
    ['no preamble and no meta header, implicit', makeDicom({ preamble: false, meta: false, transferSyntax: SYNTAX.implicit })],
    ['no preamble and no meta header, big endian', makeDicom({ preamble: false, meta: false, transferSyntax: SYNTAX.big })],
    ['a meta header that names another syntax than the bytes show', mislabelled()],
    ['no padding of an odd length', makeDicom({ columns: 3, rows: 3, bitsAllocated: 8 }).subarray(0, -1)]
  ])('%s: read', async (_name, bytes) => {
    expect(await codeOf(bytes)).toBe('ok')
  })
})

describe('any damage', () => {
  it('is a problem or a picture, never an exception', async () => {
    const objects = await Promise.all([SYNTAX.explicit, SYNTAX.implicit, SYNTAX.deflated, SYNTAX.rle, '1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.70', '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.201']
      .map((transferSyntax) => makeAnyDicom({ transferSyntax, bitsAllocated: 8, columns: 40, rows: 30 })))
    const limits = { maxPixels: 1_000_000, maxBytes: 1e7, maxFrames: 4 }
    await fc.assert(fc.asyncProperty(fc.nat(objects.length - 1), fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 6 }), fc.option(fc.double({ min: 0, max: 1, noNaN: true })), async (which, changes, cut) => {
      const bytes = Buffer.from(objects[which] ?? Buffer.alloc(0))
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      const result = await decodeBytes(cut === null ? bytes : bytes.subarray(0, Math.floor(bytes.length * cut)), limits)
      if (!result.ok) return
      const { width, height, channels, frames, data } = result.value.pixels
      expect(data.length).toBe(width * height * channels * frames)
    }), { numRuns: 300, seed: 7 })
  }, 60_000)
})

/** Explicit bytes under a meta header that says implicit. */
function mislabelled(): Buffer {
  const meta = makeDicom({ transferSyntax: SYNTAX.implicit })
  return Buffer.concat([meta.subarray(0, meta.length - makeDataSet({ transferSyntax: SYNTAX.implicit }).length), makeDataSet()])
}

function pngHeader(width: number, height: number): Buffer {
  const ihdr = Buffer.alloc(25)
  ihdr.writeUInt32BE(13)
  ihdr.write('IHDR', 4)
  ihdr.writeUInt32BE(width, 8)
  ihdr.writeUInt32BE(height, 12)
  ihdr.set([8, 2, 0, 0, 0], 16)
  ihdr.writeUInt32BE(crc32(ihdr.subarray(4, 21)), 21)
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ihdr, Buffer.from('0000000049444154', 'hex')])
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

function bmpOfWidth(width: number): Buffer {
  const bytes = Buffer.alloc(100)
  bytes.write('BM')
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(5, 22)
  bytes.writeUInt16LE(24, 28)
  return bytes
}
