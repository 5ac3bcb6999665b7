import type { Picture } from './picture.js'

/** One line of samples inside an interleaved plane: where it starts, the distance between samples, how many. */
type Line = { readonly start: number; readonly stride: number; readonly length: number }

/** Running average over 2 * radius + 1 samples, edges repeated. */
function blurLine(from: Float32Array, into: Float32Array, line: Line, radius: number): void {
  const { start, stride, length } = line
  const at = (index: number): number => from[start + Math.min(length - 1, Math.max(0, index)) * stride]!
  let sum = 0
  for (let index = -radius; index <= radius; index++) sum += at(index)
  for (let index = 0; index < length; index++) {
    into[start + index * stride] = sum / (2 * radius + 1)
    sum += at(index + radius + 1) - at(index - radius)
  }
}

/** Three box blurs along both axes: close to a Gaussian of sigma = radius. */
export function boxBlur(picture: Pick<Picture, 'width' | 'height' | 'channels'> & { data: ArrayLike<number> }, radius: number): Float32Array {
  const { width, height, channels } = picture
  const current = Float32Array.from(picture.data)
  const other = new Float32Array(current.length)
  for (let pass = 0; pass < 3; pass++) {
    for (let line = 0; line < height * channels; line++) {
      const start = Math.floor(line / channels) * width * channels + (line % channels)
      blurLine(current, other, { start, stride: channels, length: width }, radius)
    }
    for (let column = 0; column < width * channels; column++) {
      blurLine(other, current, { start: column, stride: width * channels, length: height }, radius)
    }
  }
  return current
}

/** Subtracts the local average, multiplies by `gain` and centres on 128: exposure and slow shading go, detail stays. */
export function localContrast(picture: Picture, options: { radiusFraction: number; gain: number }): Picture {
  const blurred = boxBlur(picture, Math.max(1, Math.round(picture.width * options.radiusFraction)))
  const data = new Uint8Array(picture.data.length)
  for (let at = 0; at < data.length; at++) {
    data[at] = Math.min(255, Math.max(0, 128 + options.gain * (picture.data[at]! - blurred[at]!) + 0.5))
  }
  return { ...picture, data }
}
