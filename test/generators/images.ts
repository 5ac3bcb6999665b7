import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import type { Pixels } from '../../src/domain/image-content.js'
import type { DeepPixels } from '../../src/phantoms/chest.js'
import { deepChestPhantom } from '../../src/phantoms/chest.js'
import { fundusPhantom } from '../../src/phantoms/fundus.js'

/** The picture used where a test does not care which. */
export const anyFundus = (): Pixels => fundusPhantom({ seed: 1, width: 320, height: 320 })
export const anyDeepChest = (): DeepPixels => deepChestPhantom({ seed: 1, width: 320, height: 320, bitsStored: 16 })

/** The first frame of `pixels` as a PNG of 8 bits a channel. */
export const pngFile = (pixels = anyFundus()): Promise<Buffer> => shallow(pixels).png({ compressionLevel: 3 }).toBuffer()
/** A grey PNG of 16 bits. */
export const png16File = (deep = anyDeepChest()): Promise<Buffer> => deepSharp(deep).png({ compressionLevel: 3 }).toBuffer()
export const tiffFile = (pixels = anyFundus()): Promise<Buffer> => shallow(pixels).tiff({ compression: 'lzw' }).toBuffer()
/** A grey TIFF of 16 bits. */
export const tiff16File = (deep = anyDeepChest()): Promise<Buffer> => deepSharp(deep).tiff({ compression: 'none' }).toBuffer()

const QUARTER_TURNS_STORED = { 1: 0, 3: 180, 6: 270, 8: 90 } as const

/** A JPEG that shows `pixels` upright once its EXIF orientation is obeyed; without `orientation` it carries no EXIF at all. */
export async function jpegFile(pixels = anyFundus(), options: { orientation?: 1 | 3 | 6 | 8; quality?: number } = {}): Promise<Buffer> {
  const { orientation, quality = 92 } = options
  if (!orientation) return shallow(pixels).jpeg({ quality }).toBuffer()
  const stored = await shallow(pixels).rotate(QUARTER_TURNS_STORED[orientation]).png({ compressionLevel: 0 }).toBuffer()
  return sharp(stored).withMetadata({ orientation }).jpeg({ quality }).toBuffer()
}

/** An uncompressed Windows bitmap of 24 bits, rows from the bottom up, padded to four bytes. */
export function bmpFile(pixels = anyFundus()): Buffer {
  const { width, height, channels, data } = pixels
  const row = Math.ceil((width * 3) / 4) * 4
  const file = Buffer.alloc(54 + row * height)
  file.write('BM', 0, 'latin1')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(width, 18)
  file.writeInt32LE(height, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  file.writeUInt32LE(row * height, 34)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        file[54 + (height - 1 - y) * row + x * 3 + 2 - c] = data[(y * width + x) * channels + (channels === 3 ? c : 0)] ?? 0
  return file
}

/** A tiny PNG whose header claims a huge picture: 60000 x 60000 unless said otherwise. */
export function bombPng(width = 60_000, height = 60_000): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(Buffer.alloc(64 * 1024))), pngChunk('IEND', Buffer.alloc(0))])
}

function pngChunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const chunk = Buffer.alloc(named.length + 8)
  chunk.writeUInt32BE(body.length, 0)
  chunk.set(named, 4)
  chunk.writeUInt32BE(crc32(named), named.length + 4)
  return chunk
}

/** What is left of a file when the cable was pulled. */
export const truncated = (file: Buffer, fraction = 0.5): Buffer => file.subarray(0, Math.floor(file.length * fraction))

export const emptyFile = (): Buffer => Buffer.alloc(0)

/** A note that somebody saved under an image's name. */
export const textFile = (): Buffer => Buffer.from('Please find the films on the blue stick.\n'.repeat(20))

function shallow(pixels: Pixels): Sharp {
  const { width, height, channels } = pixels
  const image = sharp(pixels.data.subarray(0, width * height * channels), { raw: { width, height, channels } })
  return channels === 1 ? image.toColourspace('b-w') : image
}

function deepSharp({ width, height, data }: DeepPixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('grey16')
}
