import { TRANSFER_SYNTAX as TS } from '../../dicom/uids.js'
import type { ImageModule } from './image-module.js'
import { decodeJpeg } from './jpeg.js'
import { decodeHtj2k, decodeJpeg2000 } from './jpeg2000.js'
import { decodeDeflatedFrame } from './deflated-frame.js'
import { decodeJpegLs } from './jpeg-ls.js'
import type { DecodeLimits } from './limits.js'
import type { RawFrame } from './raw-frame.js'
import { decodeRle } from './rle.js'

/** Decodes one compressed frame. Throws, `DecodeError` or the codec's own error, when it is damaged. */
export type Codec = (bytes: Buffer, image: ImageModule, limits: DecodeLimits) => Promise<RawFrame>

export const NATIVE_SYNTAXES: ReadonlySet<string> = new Set([TS.implicitLittleEndian, TS.explicitLittleEndian, TS.explicitBigEndian, TS.deflated])

export const LOSSY_SYNTAXES: ReadonlySet<string> = new Set([TS.jpegBaseline, TS.jpegExtended, TS.jpegLsNearLossless, TS.jpeg2000, TS.htj2k])

/** Retired JPEG processes (spectral selection, progressive) and deflated frames: not negotiated, but files hold them. */
const FILES_ONLY: Readonly<Record<string, Codec>> = {
  '1.2.840.10008.1.2.4.52': decodeJpeg,
  '1.2.840.10008.1.2.4.53': decodeJpeg,
  '1.2.840.10008.1.2.4.54': decodeJpeg,
  '1.2.840.10008.1.2.4.55': decodeJpeg,
  '1.2.840.10008.1.2.4.56': decodeJpeg,
  '1.2.840.10008.1.2.4.58': decodeJpeg,
  '1.2.840.10008.1.2.8.1': decodeDeflatedFrame
}

const CODECS: Readonly<Record<string, Codec>> = {
  ...FILES_ONLY,
  [TS.rle]: decodeRle,
  [TS.jpegBaseline]: decodeJpeg,
  [TS.jpegExtended]: decodeJpeg,
  [TS.jpegLossless]: decodeJpeg,
  [TS.jpegLosslessSv1]: decodeJpeg,
  [TS.jpegLsLossless]: decodeJpegLs,
  [TS.jpegLsNearLossless]: decodeJpegLs,
  [TS.jpeg2000Lossless]: decodeJpeg2000,
  [TS.jpeg2000]: decodeJpeg2000,
  [TS.htj2kLossless]: decodeHtj2k,
  [TS.htj2kLosslessRpcl]: decodeHtj2k,
  [TS.htj2k]: decodeHtj2k
}

/** The codec that the first bytes of a frame ask for, when the object names no or a native transfer syntax. */
function byContent(first: Buffer): Codec | undefined {
  const marker = first.subarray(0, 3).toString('hex')
  if (marker === 'ff4fff') return decodeJpeg2000
  if (!marker.startsWith('ffd8')) return first.length >= 64 && first.readUInt32LE(0) <= 15 && first.readUInt32LE(4) === 64 ? decodeRle : undefined
  return first.subarray(0, 64).includes(Buffer.from([0xff, 0xf7])) ? decodeJpegLs : decodeJpeg
}

export function codecOf(transferSyntaxUid: string, firstFrame: Buffer): Codec | undefined {
  return CODECS[transferSyntaxUid] ?? (transferSyntaxUid === '' || NATIVE_SYNTAXES.has(transferSyntaxUid) ? byContent(firstFrame) : undefined)
}
