import { describe, expect, it } from 'vitest'
import { frameParts, openObject, type OpenedObject } from '../../src/dicom/codec.js'
import { makeDicom, type DicomOptions } from '../generators/dicom.js'

const JPEG = '1.2.840.10008.1.2.4.50'
const part = (text: string): Buffer => Buffer.from(text.length % 2 === 0 ? text : `${text} `, 'latin1')
const image = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xd8]), part(text)])

function opened(encodedFrames: Buffer[][], options: DicomOptions = {}): OpenedObject {
  const object = openObject(makeDicom({ transferSyntax: JPEG, frames: encodedFrames.length, encodedFrames, ...options }))
  if (!object) throw new Error('not opened')
  return object
}

const FRAMES = [[image('aa'), part('bbbb')], [image('cccc')], [image('dd'), part('ee'), part('ff')]]
const JOINED = FRAMES.map((parts) => Buffer.concat(parts))

describe('frames from fragments', () => {
  it('are joined by the basic offset table', () => {
    expect(frameParts(opened(FRAMES), 3).frames).toEqual(JOINED)
  })

  it('are joined by the marker that begins an image when there is no table', () => {
    expect(frameParts(opened(FRAMES, { basicOffsetTable: false }), 3).frames).toEqual(JOINED)
  })

  it('are joined by the extended offset table', () => {
    const offsets = [0, 8 + 4 + 8 + 4, 8 + 4 + 8 + 4 + 8 + 6]
    const extra = [{ tag: 0x7fe00001, vr: 'OV', value: new Uint8Array(BigUint64Array.from(offsets.map(BigInt)).buffer) }]
    const plain = [[part('aaaa'), part('bbbb')], [part('cccccc')], [part('dddd'), part('ee')]]
    expect(frameParts(opened(plain, { basicOffsetTable: false, extra }), 3).frames).toEqual(plain.map((parts) => Buffer.concat(parts)))
  })

  it('do without a table whose offsets fit no fragment', () => {
    const object = opened([[image('aa')], [image('bb')]])
    const table = object.dataSet.bytes.indexOf(Buffer.from('feff00e008000000', 'hex'))
    object.dataSet.bytes.writeUInt32LE(3, table + 12)
    expect(frameParts(object, 2).frames).toEqual([image('aa'), image('bb')])
  })

  it('of one frame are all its fragments', () => {
    expect(frameParts(opened([[part('ab'), part('cd'), part('ef')]]), 1).frames).toEqual([part('abcdef')])
  })

  it('say when the last one is cut', () => {
    const bytes = makeDicom({ transferSyntax: JPEG, encodedFrames: [[image('a'.repeat(100))]] })
    const object = openObject(bytes.subarray(0, bytes.length - 30))
    expect(object && frameParts(object, 1)).toMatchObject({ truncated: true, cut: true })
  })
})
