import { metaHeader } from './meta-header.js'
import { openObject } from './part10.js'
import { TRANSFER_SYNTAX } from './uids.js'

/** Frames of uncompressed pixel data as they lie in an object. */
export type NativeFrames = {
  readonly frames: readonly Buffer[]
  readonly columns: number
  readonly rows: number
  readonly samples: 1 | 3
  readonly allocated: 8 | 16
  readonly stored: number
}

/** Undefined for what is compressed already, is not in explicit little endian, or is of an unusual shape (signed, planes, 32 bits). */
export function nativeFrames(file: Uint8Array): NativeFrames | undefined {
  const opened = openObject(file)
  if (!opened?.pixelData || opened.damaged || opened.transferSyntaxUid !== TRANSFER_SYNTAX.explicitLittleEndian) return undefined
  const { dataSet, pixelData } = opened
  const number = (tag: number, fallback: number): number => dataSet.number(tag) ?? fallback
  const [columns, rows, samples, allocated] = [number(0x00280011, 0), number(0x00280010, 0), number(0x00280002, 1), number(0x00280100, 0)]
  const isPlain = (samples === 1 || (samples === 3 && number(0x00280006, 0) === 0)) && (allocated === 8 || allocated === 16) && number(0x00280103, 0) === 0
  const count = number(0x00280008, 1)
  const bytes = (columns * rows * samples * allocated) / 8
  if (!isPlain || bytes === 0 || pixelData.length < bytes * count) return undefined
  const frames = Array.from({ length: count }, (_, index) => dataSet.bytes.subarray(pixelData.offset + index * bytes, pixelData.offset + (index + 1) * bytes))
  return { frames, columns, rows, samples: samples as 1 | 3, allocated: allocated as 8 | 16, stored: number(0x00280101, allocated) }
}

const PIXEL_DATA_HEAD = 12

/** The same object with its pixel data as compressed frames, one fragment each, behind a basic offset table (PS3.5 A.4). */
export function withFrames(file: Uint8Array, transferSyntaxUid: string, frames: readonly Uint8Array[]): Buffer {
  const { dataSet, dataSetOffset, pixelData } = openObject(file)!
  const head = metaHeader({ sopClassUid: dataSet.strings(0x00080016)[0] ?? '', sopInstanceUid: dataSet.strings(0x00080018)[0] ?? '', transferSyntaxUid })
  const before = dataSet.bytes.subarray(dataSetOffset, pixelData!.offset - PIXEL_DATA_HEAD)
  const pixelHead = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff])
  const fragments = frames.map((frame) => item(Buffer.concat([frame, Buffer.alloc(frame.byteLength % 2)])))
  const offsets = Buffer.alloc(4 * frames.length)
  fragments.reduce((at, fragment, index) => { offsets.writeUInt32LE(at, index * 4); return at + fragment.length }, 0)
  const after = dataSet.bytes.subarray(pixelData!.offset + pixelData!.length)
  return Buffer.concat([head, before, pixelHead, item(offsets), ...fragments, Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]), after])
}

function item(content: Buffer): Buffer {
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0])
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content])
}
