import sharp from 'sharp'
import { checkDimensions, type ImageModule } from './image-module.js'
import { hasEndOfImage, readJpegHeader, type JpegHeader } from './jpeg-header.js'
import type { DecodeLimits } from './limits.js'
import { decodeWithLibjpeg } from './libjpeg.js'
import { fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'

/**
 * JPEG of any process by what the stream says, not by the transfer syntax: 8-bit lossy through libvips (off the
 * event loop), 12-bit and lossless (all predictors) through dcmjs-codecs' libjpeg.
 */
export async function decodeJpeg(bytes: Buffer, image: ImageModule, limits: DecodeLimits): Promise<RawFrame> {
  const start = bytes.indexOf(Buffer.from([0xff, 0xd8]))
  const stream = start > 0 ? bytes.subarray(start) : bytes
  if (start < 0) fail(PROBLEMS.damagedPixels)
  const header = readJpegHeader(stream)
  checkDimensions(header.columns, header.rows, limits)
  if (header.components !== 1 && header.components !== 3) fail(PROBLEMS.damagedPixels)
  const lossy8 = header.precision === 8 && header.process <= 0xc2
  return lossy8 ? decodeLossy8(stream, image, header) : decodeDeep(stream, image, header)
}

/**
 * Whether three components are RGB as they stand. The stream's own marks win over the object's photometric
 * interpretation, because devices write RGB over YCbCr streams and the stream is what their own viewer shows.
 */
function isRgbStream(header: JpegHeader, photometric: string): boolean {
  if (header.adobeTransform !== undefined) return header.adobeTransform === 0
  if (header.jfif) return false
  if (String.fromCharCode(...header.componentIds) === 'RGB') return true
  return photometric === 'RGB'
}

/** An Adobe marker without transform right after the start of image: libjpeg then leaves the components alone. */
const ADOBE_RGB = Buffer.from([0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0])

async function decodeLossy8(bytes: Buffer, image: ImageModule, header: JpegHeader): Promise<RawFrame> {
  const rgb = header.components === 3 && isRgbStream(header, image.photometric)
  const stream = rgb && header.adobeTransform === undefined ? Buffer.concat([bytes.subarray(0, 2), ADOBE_RGB, bytes.subarray(2)]) : bytes
  const decoder = sharp(stream, { limitInputPixels: false, failOn: 'truncated' })
  const { data, info } = await (header.components === 1 ? decoder.toColourspace('b-w') : decoder).raw().toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => fail(/premature|truncat/i.test(String(error)) ? PROBLEMS.truncated : PROBLEMS.damagedPixels))
  if (info.channels !== 1 && info.channels !== 3) fail(PROBLEMS.damagedPixels)
  const photometric = info.channels === 3 ? 'RGB' : image.photometric
  return { columns: info.width, rows: info.height, samples: info.channels, allocated: 8, planar: false, photometric, bytes: data }
}

async function decodeDeep(bytes: Buffer, image: ImageModule, header: JpegHeader): Promise<RawFrame> {
  if (!hasEndOfImage(bytes)) fail(PROBLEMS.truncated)
  const samples = header.components === 3 ? 3 : 1
  const allocated = header.precision > 8 ? 16 : 8
  const decoded = await decodeWithLibjpeg(bytes, { columns: header.columns, rows: header.rows, samples, allocated, stored: header.precision })
  const photometric = samples === 3 && isRgbStream(header, image.photometric) ? 'RGB' : image.photometric
  return { columns: header.columns, rows: header.rows, samples, allocated, planar: false, photometric, bytes: decoded }
}
