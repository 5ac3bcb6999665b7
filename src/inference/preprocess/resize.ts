import type { Picture } from './picture.js'

/** For each output sample: the first input sample it reads, and `taps` weights that sum to 1. */
export type AxisWeights = { readonly first: Int32Array; readonly taps: number; readonly weights: Float32Array }

/**
 * Weights along one axis: area averaging when shrinking (each input pixel counts by the share of it that is covered),
 * bilinear with half-pixel centres and repeated edges when growing.
 */
export function axisWeights(from: number, to: number): AxisWeights {
  const ratio = from / to
  const taps = Math.min(from, ratio > 1 ? Math.ceil(ratio) + 1 : 2)
  const first = new Int32Array(to)
  const weights = new Float32Array(to * taps)
  for (let out = 0; out < to; out++) {
    const start = ratio > 1 ? out * ratio : (out + 0.5) * ratio - 0.5
    const end = ratio > 1 ? (out + 1) * ratio : start + 1
    first[out] = Math.min(Math.max(0, Math.floor(start)), from - taps)
    for (let index = Math.floor(start); index < end; index++) {
      const covered = Math.min(index + 1, end) - Math.max(index, start)
      const tap = Math.min(from - 1, Math.max(0, index)) - first[out]!
      if (covered > 0 && tap < taps) weights[out * taps + tap]! += covered / (end - start)
    }
  }
  return { first, taps, weights }
}

/** Sums the rows that one output row covers into `sums` (width * channels long); two rows at a time, for speed. */
function blendRows(picture: Picture, axis: AxisWeights, out: number, sums: Float32Array): void {
  const length = picture.width * picture.channels
  const { data } = picture
  sums.fill(0)
  for (let tap = 0; tap < axis.taps; tap += 2) {
    const weight = axis.weights[out * axis.taps + tap]!
    const nextWeight = tap + 1 < axis.taps ? axis.weights[out * axis.taps + tap + 1]! : 0
    const row = (axis.first[out]! + tap) * length
    const next = nextWeight === 0 ? row : row + length
    for (let index = 0; index < length; index++) sums[index]! += data[row + index]! * weight + data[next + index]! * nextWeight
  }
}

/** Blends one row of sums along x into 8 bit, rounded. */
function blendColumns(sums: Float32Array, axis: AxisWeights, channels: number, into: Uint8Array): void {
  const { first, taps, weights } = axis
  for (let out = 0; out < first.length; out++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0
      let at = first[out]! * channels + channel
      for (let tap = 0; tap < taps; tap++, at += channels) sum += sums[at]! * weights[out * taps + tap]!
      into[out * channels + channel] = sum + 0.5
    }
  }
}

/** Resizes to width x height pixels; aspect is not kept. */
export function resize(picture: Picture, options: { width: number; height: number }): Picture {
  const { width, height } = options
  if (width === picture.width && height === picture.height) return picture
  const { channels } = picture
  const horizontal = axisWeights(picture.width, width)
  const vertical = axisWeights(picture.height, height)
  const data = new Uint8Array(width * height * channels)
  const sums = new Float32Array(picture.width * channels)
  for (let row = 0; row < height; row++) {
    blendRows(picture, vertical, row, sums)
    blendColumns(sums, horizontal, channels, data.subarray(row * width * channels, (row + 1) * width * channels))
  }
  return { width, height, channels, data, region: picture.region }
}
