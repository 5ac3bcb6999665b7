import type { FieldOfView } from './field-of-view.js'
import type { SmallPicture } from './shrink.js'

/** Luma between the 5th and the 95th percentile inside the field of view, 0..255. */
export function contrast({ luma }: SmallPicture, { inside, count }: FieldOfView): number {
  const histogram = new Uint32Array(256)
  for (let i = 0; i < luma.length; i++) if (inside[i]) histogram[luma[i]!]! += 1
  return percentile(histogram, count * 0.95) - percentile(histogram, count * 0.05)
}

function percentile(histogram: Uint32Array, rank: number): number {
  let seen = 0
  return Math.max(0, histogram.findIndex((count) => (seen += count) >= rank))
}
