import type { Pixels } from '../../domain/image-content.js'

/** One channel, row-major, 8 bit. */
export type Grey = { readonly width: number; readonly height: number; readonly data: Uint8Array }

/** The first frame as light, by ITU-R BT.601. */
export function lumaOf({ width, height, channels, data }: Pixels): Grey {
  if (channels === 1) return { width, height, data: data.subarray(0, width * height) }
  const grey = new Uint8Array(width * height)
  for (let at = 0, from = 0; at < grey.length; at++, from += 3) grey[at] = (data[from]! * 77 + data[from + 1]! * 150 + data[from + 2]! * 29) >> 8
  return { width, height, data: grey }
}

/** Averages blocks so that the longer side has at most `side` pixels; `factor` is how many pixels a block is wide. */
export function shrinkGrey(grey: Grey, side: number): Grey & { readonly factor: number } {
  const factor = Math.max(1, Math.ceil(Math.max(grey.width, grey.height) / side))
  const width = Math.floor(grey.width / factor)
  const height = Math.floor(grey.height / factor)
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let dy = 0; dy < factor; dy++) {
        const row = (y * factor + dy) * grey.width + x * factor
        for (let dx = 0; dx < factor; dx++) sum += grey.data[row + dx]!
      }
      data[y * width + x] = sum / (factor * factor)
    }
  return { width, height, data, factor }
}
