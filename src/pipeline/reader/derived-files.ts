import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import type { Pixels } from '../../domain/image-content.js'
import type { DerivedFile } from '../../domain/reading.js'
import type { Overlay } from '../../inference/heatmap.js'

const TABLET_SIDE = 1280
const THUMBNAIL_SIDE = 160

function frameImage(pixels: Pixels, frame: number): Sharp {
  const { width, height, channels } = pixels
  const length = width * height * channels
  const image = sharp(pixels.data.subarray(frame * length, (frame + 1) * length), { raw: { width, height, channels }, limitInputPixels: false })
  return inOwnColours(image, channels)
}

/** Grey stays grey: otherwise three equal channels would be written. */
const inOwnColours = (image: Sharp, channels: number): Sharp => (channels === 1 ? image.toColourspace('b-w') : image)

const within = (image: Sharp, side: number): Sharp => image.resize(side, side, { fit: 'inside', withoutEnlargement: true })

/**
 * What the page shows first: `tablet-<frame>.jpg` of each frame (longest side 1280), and `thumbnail.jpg` (160) of `emblem`, the frame
 * that stands for the clip. Every pixel is rendered when somebody asks (`full-frame.ts`).
 */
export async function writePreviews(folder: string, pixels: Pixels, emblem: number): Promise<DerivedFile[]> {
  await mkdir(folder, { recursive: true })
  const files: DerivedFile[] = []
  for (let frame = 0; frame < pixels.frames; frame++) files.push(...await writeTablet(folder, pixels, { frame, isEmblem: frame === emblem }))
  return files
}

/** Under its name only when it is whole: a tablet may ask for the picture of the reading before while this one is written over it. Gives its SHA-256. */
async function writeWhole(image: Sharp, path: string): Promise<string> {
  const bytes = await image.toBuffer()
  await writeFile(`${path}.part`, bytes)
  await rename(`${path}.part`, path)
  return createHash('sha256').update(bytes).digest('hex')
}

/** The thumbnail is made of the tablet's picture, which is cheaper than of all pixels. */
async function writeTablet(folder: string, pixels: Pixels, { frame, isEmblem }: { frame: number; isEmblem: boolean }): Promise<DerivedFile[]> {
  const { data, info } = await within(frameImage(pixels, frame), TABLET_SIDE).raw().toBuffer({ resolveWithObject: true })
  const small = (): Sharp => inOwnColours(sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }), info.channels)
  const name = `tablet-${frame}.jpg`
  const thumbnail = isEmblem ? writeWhole(within(small(), THUMBNAIL_SIDE).jpeg({ quality: 80 }), join(folder, 'thumbnail.jpg')) : undefined
  const [sha256, ofThumbnail] = await Promise.all([writeWhole(small().jpeg({ quality: 85 }), join(folder, name)), thumbnail])
  return [{ role: 'preview', name, frame, sha256 }, ...(ofThumbnail === undefined ? [] : [{ role: 'thumbnail' as const, name: 'thumbnail.jpg', sha256: ofThumbnail }])]
}

/** One overlay as `heatmap-<finding>.png`, RGBA. */
export async function writeHeatmap(folder: string, finding: string, { rgba, width, height }: Overlay, frame: number): Promise<DerivedFile> {
  await mkdir(folder, { recursive: true })
  const name = `heatmap-${finding}.png`
  const sha256 = await writeWhole(sharp(rgba, { raw: { width, height, channels: 4 } }).png({ compressionLevel: 3 }), join(folder, name))
  return { role: 'heatmap', name, frame, sha256 }
}

/** One frame as an 8-bit PNG at `target`. */
export async function writePng(pixels: Pixels, frame: number, options: { size: 'full' | 'tablet'; target: string }): Promise<void> {
  const image = frameImage(pixels, frame)
  await (options.size === 'full' ? image : within(image, TABLET_SIDE)).png({ compressionLevel: 3 }).toFile(options.target)
}

/** Black and white swapped. */
export function inverted(pixels: Pixels): Pixels {
  return { ...pixels, data: pixels.data.map((value) => 255 - value) }
}
