import sharp, { type Metadata, type Sharp } from 'sharp'
import type { QualityReason } from '../../domain/finding.js'
import type { Pixels } from '../../domain/image-content.js'
import { greyToBytes } from './grey-window.js'
import type { DecodeLimits } from './limits.js'
import { checkDimensions } from './image-module.js'
import { hasEndOfImage } from './jpeg-header.js'
import { NOTES } from './notes.js'
import { DecodeError, fail, PROBLEMS } from './problems.js'
import { as16 } from './raw-frame.js'
import { sniffContent } from './sniff.js'

type Raster = { readonly pixels: Pixels; readonly notes: readonly QualityReason[] }

/**
 * JPEG, PNG and TIFF: turned upright by EXIF, alpha laid over black. 16-bit greys are windowed to 8 bits by their
 * percentiles, because a 12-bit film in a 16-bit file would be black otherwise; 16-bit colour keeps its high byte.
 * Of a file with several pictures the first is read, and that is said.
 */
export async function decodeRaster(bytes: Buffer, limits: DecodeLimits): Promise<Raster> {
  const image = sharp(bytes, { limitInputPixels: false, failOn: 'error', sequentialRead: true, page: 0 })
  const refuse = (error: unknown): never => fail(endsEarly(bytes, String(error)) ? PROBLEMS.truncated : PROBLEMS.damagedPixels)
  const metadata = await image.metadata().catch(refuse)
  checkDimensions(metadata.width ?? 0, metadata.height ?? 0, limits)
  const deep = metadata.depth !== 'uchar' && metadata.depth !== 'char'
  const grey = (metadata.space ?? '').startsWith('b-w') || metadata.space === 'grey16' || (metadata.channels ?? 3) < 3
  const upright = metadata.hasAlpha ? image.autoOrient().flatten({ background: '#000' }) : image.autoOrient()
  const pixels = await (deep && grey ? deepGrey(upright) : display(upright, grey)).catch((error: unknown) => (error instanceof DecodeError ? Promise.reject(error) : refuse(error)))
  return { pixels, notes: await isOneOfSeveral(bytes, metadata) ? [NOTES.pagesLeftOut(metadata.pages ?? 1)] : [] }
}

/** Whether a second page is a picture as large as the first: a smaller one is its thumbnail, or a step of a pyramid. */
async function isOneOfSeveral(bytes: Buffer, { pages = 1, width, height }: Metadata): Promise<boolean> {
  if (pages < 2) return false
  const second = await sharp(bytes, { limitInputPixels: false, page: 1 }).metadata().catch(() => undefined)
  return second?.width === width && second?.height === height
}

async function display(image: Sharp, grey: boolean): Promise<Pixels> {
  const space = grey ? image.toColourspace('b-w').extractChannel(0) : image.toColourspace('srgb').removeAlpha()
  const { data, info } = await space.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  if (info.channels !== 1 && info.channels !== 3) fail(PROBLEMS.damagedPixels)
  return { width: info.width, height: info.height, channels: info.channels, frames: 1, data }
}

async function deepGrey(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.toColourspace('grey16').extractChannel(0).raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: 1, frames: 1, data: greyToBytes(as16(data)) }
}

/** Whether a file that failed stops before its own end mark (JPEG EOI, PNG IEND) or directory (TIFF); libvips seldom says. */
function endsEarly(bytes: Buffer, message: string): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - 64))
  switch (sniffContent(bytes.subarray(0, 64))) {
    case 'png': return !tail.includes('IEND')
    case 'jpeg': return !hasEndOfImage(bytes)
    case 'tiff': return bytes.length < 8 || (bytes[0] === 0x4d ? bytes.readUInt32BE(4) : bytes.readUInt32LE(4)) >= bytes.length
    default: return /premature|truncat/i.test(message)
  }
}
