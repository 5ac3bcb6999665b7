/** A share of `of` cases with its 95 % interval (0..1); all NaN-free: an empty group gives 0 of 0 with the interval 0..1. */
export type Proportion = { readonly value: number; readonly low: number; readonly high: number; readonly count: number; readonly of: number }

const Z = 1.959964

/** Wilson's score interval (Wilson 1927), which holds for small groups and for shares near 0 and 1. */
export function proportion(count: number, of: number): Proportion {
  if (of === 0) return { value: 0, low: 0, high: 1, count, of }
  const share = count / of
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of))
  const scale = 1 + (Z * Z) / of
  const centre = share + (Z * Z) / (2 * of)
  return { value: share, low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale), count, of }
}
