import type { Pixels } from '../../domain/image-content.js'

/** A small copy of one frame for measuring: luma always, RGB where the image has colour; row-major, 8 bit. */
export type SmallPicture = { readonly width: number; readonly height: number; readonly luma: Uint8Array; readonly rgb?: Uint8Array }

/** Source pixels looked at on each axis of one small pixel; more would cost time and change no measure. */
const SAMPLES = 3

/** Places on a source axis to average for each small pixel. */
function places(from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, index) => {
    const [start, end] = [Math.floor((index * from) / to), Math.max(Math.floor((index * from) / to) + 1, Math.floor(((index + 1) * from) / to))]
    const count = Math.min(SAMPLES, end - start)
    return Array.from({ length: count }, (_unused, k) => start + Math.floor(((k + 0.5) * (end - start)) / count))
  })
}

/** One frame at most `longestSide` pixels long (default 512), never enlarged. */
export function shrink(pixels: Pixels, frame: number, longestSide = 512): SmallPicture {
  const { width, height, channels } = pixels
  const data = pixels.data.subarray(frame * width * height * channels, (frame + 1) * width * height * channels)
  const scale = Math.min(1, longestSide / Math.max(width, height))
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const planes = averaged({ data, width, channels }, places(width, w), places(height, h))
  return channels === 1 ? { width: w, height: h, luma: planes } : { width: w, height: h, luma: lumaOf(planes), rgb: planes }
}

type Source = { readonly data: Uint8Array; readonly width: number; readonly channels: number }

function averaged({ data, width, channels }: Source, columns: readonly number[][], rows: readonly number[][]): Uint8Array {
  const small = new Uint8Array(columns.length * rows.length * channels)
  let at = 0
  for (const ys of rows) {
    for (const xs of columns) {
      const count = xs.length * ys.length
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (const y of ys) for (const x of xs) sum += data[(y * width + x) * channels + channel]!
        small[at++] = Math.round(sum / count)
      }
    }
  }
  return small
}

/** ITU-R BT.601. */
function lumaOf(rgb: Uint8Array): Uint8Array {
  const luma = new Uint8Array(rgb.length / 3)
  for (let i = 0; i < luma.length; i++) luma[i] = Math.round(0.299 * rgb[i * 3]! + 0.587 * rgb[i * 3 + 1]! + 0.114 * rgb[i * 3 + 2]!)
  return luma
}

/** Nearest neighbour copy of the luma, `side` pixels wide: for measures that compare places, not details. */
export function lumaGrid({ luma, width, height }: SmallPicture, side: number): Uint8Array {
  const grid = new Uint8Array(side * side)
  for (let y = 0; y < side; y++) {
    const row = Math.min(height - 1, Math.floor(((y + 0.5) * height) / side)) * width
    for (let x = 0; x < side; x++) grid[y * side + x] = luma[row + Math.min(width - 1, Math.floor(((x + 0.5) * width) / side))]!
  }
  return grid
}
