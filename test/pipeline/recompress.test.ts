import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nativeFrames, openObject, readFacts, withFrames } from '../../src/dicom/codec.js'
import { decodeFile } from '../../src/ingest/decode/decode.js'
import { defaultDecodeLimits } from '../../src/ingest/decode/limits.js'
import { encodeHtj2k } from '../../src/pipeline/htj2k-encoder.js'
import { encodeJpegLs } from '../../src/pipeline/jpeg-ls-encoder.js'
import type { Recompressor as RecompressorClass } from '../../src/pipeline/recompress.js'
import { describeWith, peerPath } from '../flows/peers.js'
import { makeDicom, SYNTAX } from '../generators/dicom.js'

const JPEG_LS = '1.2.840.10008.1.2.4.80'
const HTJ2K = '1.2.840.10008.1.2.4.201'
const CODINGS = { 'JPEG-LS': { uid: JPEG_LS, encode: encodeJpegLs }, HTJ2K: { uid: HTJ2K, encode: encodeHtj2k } } as const
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'recompress-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const compressed = async (file: Buffer, { uid, encode } = CODINGS['JPEG-LS'] as (typeof CODINGS)[keyof typeof CODINGS]): Promise<Buffer> => {
  const native = nativeFrames(file)!
  const frames = await Promise.all(native.frames.map((bytes) => encode({ ...native, bytes })))
  return withFrames(file, uid, frames.map((frame) => frame!))
}
const write = (name: string, bytes: Buffer): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const shapes = {
  'a film of 12 bits': makeDicom({ columns: 300, rows: 200 }), 'a grey picture': makeDicom({ columns: 300, rows: 200, bitsAllocated: 8, modality: 'US' }),
  'a picture in colour': makeDicom({ columns: 120, rows: 90, bitsAllocated: 8, samplesPerPixel: 3, photometric: 'RGB' }), 'a clip': makeDicom({ columns: 64, rows: 64, bitsAllocated: 8, frames: 3 })
}

describe('an image that leaves in fewer bytes', () => {
  it.each(Object.entries(shapes).flatMap(([shape, file]) => Object.entries(CODINGS).map(([name, coding]) => ({ title: `${shape} in ${name}`, file, coding }))))('$title gives every sample back', async ({ file, coding }) => {
    const smaller = await compressed(file, coding)
    expect(smaller.length).toBeLessThan(file.length)
    expect(readFacts(smaller)).toMatchObject({ ok: true, value: { transferSyntaxUid: coding.uid } })
    const [before, after] = [await decodeFile(write('before.dcm', file), defaultDecodeLimits), await decodeFile(write('after.dcm', smaller), defaultDecodeLimits)]
    expect(before.ok && after.ok && Buffer.compare(before.value.pixels.data, after.value.pixels.data)).toBe(0)
    const elements = (bytes: Buffer) => [...openObject(bytes)!.dataSet.elements.keys()]
    expect(elements(smaller)).toEqual(elements(file))
  })

  it('is offered in both, what more viewers read first, and a small one not at all', async () => {
    // The thread is a file of its own, as it was built.
    const { Recompressor } = await import(pathToFileURL(resolve('dist/src/pipeline/recompress.js')).href) as { Recompressor: typeof RecompressorClass }
    await using recompressor = new Recompressor()
    const film = makeDicom({ columns: 300, rows: 200 })
    const encodings = await recompressor.smaller(film)
    expect(encodings.map(({ transferSyntaxUid }) => transferSyntaxUid)).toEqual([JPEG_LS, HTJ2K])
    expect(encodings.every(({ file }) => file.byteLength < film.length)).toBe(true)
    expect(await recompressor.smaller(makeDicom({ columns: 30, rows: 20 }))).toEqual([])
  })

  it('costs no memory when nobody has asked for a while: the thread is ended, and started again', async () => {
    const { Recompressor } = await import(pathToFileURL(resolve('dist/src/pipeline/recompress.js')).href) as { Recompressor: typeof RecompressorClass }
    await using recompressor = new Recompressor(50)
    const film = makeDicom({ columns: 300, rows: 200 })
    for (const _ of ['first', 'again']) {
      const answer = recompressor.smaller(film)
      expect(recompressor.isWarm).toBe(true)
      expect(await answer).toHaveLength(2)
      await expect.poll(() => recompressor.isWarm, { timeout: 5000 }).toBe(false)
    }
  })

  it('is left as it is when it is compressed already, signed, or of another byte order', () => {
    expect(nativeFrames(makeDicom({ transferSyntax: SYNTAX.rle, bitsAllocated: 8 }))).toBeUndefined()
    expect(nativeFrames(makeDicom({ signed: true }))).toBeUndefined()
    expect(nativeFrames(makeDicom({ transferSyntax: SYNTAX.big }))).toBeUndefined()
  })
})

describeWith(['dcmdjpls', 'dcmdump'], 'DCMTK reads it', () => {
  it('and gives the same pixels', async () => {
    const file = shapes['a film of 12 bits']
    const path = write('film.dcm', await compressed(file))
    execFileSync(peerPath('dcmdjpls')!, [path, join(folder, 'native.dcm')])
    const { readFileSync } = await import('node:fs')
    const pixels = (bytes: Buffer): Buffer => { const opened = openObject(bytes)!; return opened.dataSet.bytes.subarray(opened.pixelData!.offset, opened.pixelData!.offset + opened.pixelData!.length) }
    expect(pixels(readFileSync(join(folder, 'native.dcm'))).equals(pixels(file))).toBe(true)
  })
})
