import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import sharp from 'sharp'
import type { MediumFile } from './list-files.js'
import { absolute } from './list-files.js'

const LONGEST_SIDE = 240
const MOST_BYTES = 64 * 1024 * 1024
const MOST_PIXELS = 120_000_000

/** A small JPEG of a picture on the medium; undefined for what is drawn only after the import (DICOM, BMP, damaged files). */
export async function thumbnailOf(root: Buffer, file: MediumFile): Promise<Buffer | undefined> {
  if (file.bytes > MOST_BYTES) return undefined
  try {
    const source = await open(absolute(root, file.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const bytes = Buffer.alloc(file.bytes)
      const { bytesRead } = await source.read(bytes, 0, bytes.length, 0)
      return await sharp(bytes.subarray(0, bytesRead), { limitInputPixels: MOST_PIXELS, failOn: 'none' })
        .rotate().resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true }).flatten().jpeg({ quality: 70 }).toBuffer()
    } finally {
      await source.close()
    }
  } catch {
    return undefined
  }
}
