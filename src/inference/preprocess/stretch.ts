import type { Picture } from './picture.js'

/** The smallest value at or below which `percentile` % of the samples lie. */
function percentileOf(histogram: Uint32Array, percentile: number): number {
  const total = histogram.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (let value = 0; value < 256; value++) {
    seen += histogram[value]!
    if (seen >= (total * percentile) / 100 && seen > 0) return value
  }
  return 255
}

/** Stretches linearly so that the two percentiles (over all channels together) become 0 and 255; a flat picture is left alone. */
export function stretch(picture: Picture, options: { lowPercentile: number; highPercentile: number }): Picture {
  const histogram = new Uint32Array(256)
  for (const value of picture.data) histogram[value]!++
  const low = percentileOf(histogram, options.lowPercentile)
  const high = percentileOf(histogram, options.highPercentile)
  if (high <= low) return picture
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, Math.max(0, ((value - low) * 255) / (high - low) + 0.5)))
  return { ...picture, data: picture.data.map((value) => table[value]!) }
}
