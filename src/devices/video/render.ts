import sharp from 'sharp'
import type { VideoView } from '../../domain/video-session.js'

type Size = { readonly width: number; readonly height: number }

/** The bounding box of what is kept, in pixels of the source. */
function cropOf(view: VideoView, { width, height }: Size): { left: number; top: number; width: number; height: number } {
  const xs = view.keep.map(([x]) => x)
  const ys = view.keep.map(([, y]) => y)
  const left = Math.max(0, Math.floor(Math.min(...xs) * width))
  const top = Math.max(0, Math.floor(Math.min(...ys) * height))
  return {
    left, top, width: Math.max(1, Math.min(width, Math.ceil(Math.max(...xs) * width)) - left), height: Math.max(1, Math.min(height, Math.ceil(Math.max(...ys) * height)) - top)
  }
}

/** Black over all that is not kept, of the cropped picture; the rim of the kept part stays sharp (no smoothing lets letters through). */
function curtain(view: VideoView, source: Size): Buffer {
  const crop = cropOf(view, source)
  const corner = ([x, y]: readonly [number, number]): string => `${(x * source.width - crop.left).toFixed(2)},${(y * source.height - crop.top).toFixed(2)}`
  const outer = `M0,0H${crop.width}V${crop.height}H0Z`
  const boxes = view.mask.map(([left, top, width, height]) =>
    `<rect x="${(left * source.width - crop.left).toFixed(2)}" y="${(top * source.height - crop.top).toFixed(2)}" width="${(width * source.width).toFixed(2)}" height="${(height * source.height).toFixed(2)}"/>`)
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${crop.width}" height="${crop.height}" shape-rendering="crispEdges"><path fill-rule="evenodd" d="${outer}M${view.keep.map(corner).join('L')}Z"/>${boxes.join('')}</svg>`)
}

/** A captured frame with all that is not kept cut off or black. libvips works in threads of its own. */
export async function renderFrame(jpeg: Buffer, view: VideoView | undefined, as: 'png' | 'jpeg'): Promise<{ readonly bytes: Buffer; readonly width: number; readonly height: number }> {
  const { width = 0, height = 0 } = await sharp(jpeg).metadata()
  const picture = view ? sharp(await sharp(jpeg).extract(cropOf(view, { width, height })).png({ compressionLevel: 0 }).toBuffer()).composite([{ input: curtain(view, { width, height }) }]) : sharp(jpeg)
  const flat = picture.flatten({ background: '#000' })
  const { data, info } = await (as === 'png' ? flat.png({ compressionLevel: 6 }) : flat.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })).toBuffer({ resolveWithObject: true })
  return { bytes: data, width: info.width, height: info.height }
}

/** Small grey copies, all of one size, to look for what moves. */
export async function greyCopies(jpegs: readonly Buffer[], width: number): Promise<{ width: number; height: number; frames: Uint8Array[] }> {
  const copies = await Promise.all(jpegs.map((jpeg) => sharp(jpeg).greyscale().resize({ width }).raw().toBuffer({ resolveWithObject: true })))
  const height = copies[0]?.info.height ?? 0
  return { width, height, frames: copies.filter(({ info }) => info.height === height).map(({ data }) => new Uint8Array(data)) }
}
