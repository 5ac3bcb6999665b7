import type { Attributes } from '../dicom/codec.js'
import { writeObject } from '../dicom/codec.js'
import type { DicomObject } from '../dicom/codec.js'
import { TRANSFER_SYNTAX } from '../dicom/uids.js'
import { evenBuffer } from './encapsulated-pdf.js'

/** An 8-bit picture: rows of grey or interleaved RGB samples, or a baseline JPEG file as it is. */
export type Picture = {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly bytes: Uint8Array
  readonly encoding: 'raw' | 'jpeg-baseline'
  /** The bytes were lossily compressed once (a decoded JPEG too). */
  readonly lossy?: boolean
}

export function imagePixelModule({ width, height, channels, encoding, lossy, bytes }: Picture): Attributes {
  const compressed = encoding === 'jpeg-baseline'
  return {
    SamplesPerPixel: channels, PhotometricInterpretation: channels === 1 ? 'MONOCHROME2' : compressed ? 'YBR_FULL_422' : 'RGB',
    PlanarConfiguration: channels === 3 ? 0 : undefined, Rows: height, Columns: width, BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelRepresentation: 0,
    LossyImageCompression: compressed || lossy ? '01' : '00',
    ...(compressed ? { LossyImageCompressionRatio: Number(((width * height * channels) / bytes.byteLength).toFixed(2)), LossyImageCompressionMethod: 'ISO_10918_1' } : {})
  }
}

/** A Part 10 file of the attributes and the picture; Pixel Data is the last element, so a JPEG's bytes are appended as its one fragment. */
export function writePicture(object: DicomObject, picture: Picture): Buffer {
  const attributes: DicomObject = { ...object, ...imagePixelModule(picture) }
  if (picture.encoding === 'raw') return writeObject({ ...attributes, PixelData: evenBuffer(picture.bytes) })
  return Buffer.concat([writeObject(attributes, TRANSFER_SYNTAX.jpegBaseline), encapsulated(picture.bytes)])
}

/** PS3.5 A.4: empty offset table, one fragment, delimiter. */
function encapsulated(jpeg: Uint8Array): Buffer {
  const length = jpeg.byteLength + (jpeg.byteLength % 2)
  const head = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0])
  head.writeUInt32LE(length, head.length - 4)
  return Buffer.concat([head, jpeg, Buffer.alloc(length - jpeg.byteLength), Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])])
}

/** Whether a JPEG file may stand in a DICOM object as it is: baseline, 8 bit, one or three components, upright. */
export function baselineJpeg(jpeg: Uint8Array): Pick<Picture, 'width' | 'height' | 'channels'> | undefined {
  const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  for (let at = 2; at + 10 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!
    if (marker === 0xc0) {
      const channels = bytes[at + 9]
      if (bytes[at + 4] !== 8 || (channels !== 1 && channels !== 3)) return undefined
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5), channels }
    }
    if (marker >= 0xc1 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8) return undefined
    if (marker === 0xda) return undefined
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
