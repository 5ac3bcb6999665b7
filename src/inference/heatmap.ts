import type { Region } from './preprocess/picture.js'

/** Class maps of one run: `channels` planes of `height` x `width`, row-major. */
export type ActivationMaps = { readonly data: Float32Array; readonly dims: readonly number[] }

/** A transparent overlay in the original image's aspect; RGBA, 8 bit, alpha not premultiplied. */
export type Overlay = { readonly width: number; readonly height: number; readonly rgba: Uint8Array }

export type HeatmapOptions = {
  /** Which plane of the activation output. */
  readonly plane: number
  /** Pixels of the original image that the network's input covers. */
  readonly region: Region
  readonly image: { readonly width: number; readonly height: number }
  /** Longest side of the overlay, default 512. */
  readonly longestSide?: number
}

/** Log-odds below which even the hottest place is not shown at full strength, so that a clean image stays cold. */
const FULL_HEAT_LOG_ODDS = 4
const COLDEST_SHOWN = 0.2
const STRONGEST_ALPHA = 190

type Plane = { readonly values: Float32Array; readonly width: number; readonly height: number; readonly peak: number }

function planeOf({ data, dims }: ActivationMaps, index: number): Plane {
  const [height, width] = dims.slice(-2) as [number, number]
  const start = dims.length < 4 ? 0 : index * width * height
  const values = data.subarray(start, start + width * height)
  return { values, width, height, peak: values.reduce((peak, value) => Math.max(peak, value), 0) }
}

/** Bilinear, half-pixel centres, clamped at the edge; column and row in cells of the map. */
function sample({ values, width, height }: Plane, column: number, row: number): number {
  const x = Math.min(width - 1, Math.max(0, column - 0.5))
  const y = Math.min(height - 1, Math.max(0, row - 0.5))
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)]
  const upper = values[top * width + left]! * (1 - x + left) + values[top * width + right]! * (x - left)
  const lower = values[bottom * width + left]! * (1 - x + left) + values[bottom * width + right]! * (x - left)
  return upper * (1 - y + top) + lower * (y - top)
}

/** Yellow where warm, red where hottest; the warmer, the less transparent. `heat` 0..1. */
function paint(rgba: Uint8Array, at: number, heat: number): void {
  if (heat < COLDEST_SHOWN) return
  const warmth = (heat - COLDEST_SHOWN) / (1 - COLDEST_SHOWN)
  rgba[at] = 255
  rgba[at + 1] = Math.round(220 * (1 - warmth))
  rgba[at + 2] = 0
  rgba[at + 3] = Math.round(STRONGEST_ALPHA * warmth)
}

/**
 * A plane of the pack's activation output (a class activation map, Zhou et al. 2016, unless its card says otherwise) laid over the original image: positive evidence only, zero outside the region that the network saw.
 */
export function renderHeatmap(maps: ActivationMaps, options: HeatmapOptions): Overlay {
  const { region, image } = options
  const plane = planeOf(maps, options.plane)
  const scale = Math.min(1, (options.longestSide ?? 512) / Math.max(image.width, image.height))
  const [width, height] = [Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale))]
  const rgba = new Uint8Array(width * height * 4)
  const hottest = Math.max(plane.peak, FULL_HEAT_LOG_ODDS)
  for (let y = 0; y < height; y++) {
    const row = ((((y + 0.5) * image.height) / height - region.y) / region.height) * plane.height
    if (row < 0 || row > plane.height) continue
    for (let x = 0; x < width; x++) {
      const column = ((((x + 0.5) * image.width) / width - region.x) / region.width) * plane.width
      if (column >= 0 && column <= plane.width) paint(rgba, (y * width + x) * 4, sample(plane, column, row) / hottest)
    }
  }
  return { width, height, rgba }
}
