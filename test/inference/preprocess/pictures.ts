import type { Picture } from '../../../src/inference/preprocess/picture.js'

/** A picture whose sample at (x, y, channel) is what `value` says. */
export function picture(width: number, height: number, channels: 1 | 3, value: (x: number, y: number, channel: number) => number): Picture {
  const data = new Uint8Array(width * height * channels)
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / channels)
    data[at] = value(pixel % width, Math.floor(pixel / width), at % channels)
  }
  return { width, height, channels, data, region: { x: 0, y: 0, width, height } }
}
