/** Counts of 16-bit values; every `step`-th sample of large images is enough for percentiles. */
export function histogram16(values: Uint16Array | Uint8Array, mask = 0xffff, shift = 0): Uint32Array {
  const counts = new Uint32Array(65536)
  const step = Math.max(1, Math.floor(values.length / 1_000_000))
  for (let i = 0; i < values.length; i += step) {
    const at = ((values[i] as number) >> shift) & mask
    counts[at] = (counts[at] as number) + 1
  }
  return counts
}

/** The positions (in `order`, all positions by default) at which the cumulated count passes `low` and `high` (0..1). */
export function percentileRange(counts: Uint32Array, share: { readonly low: number; readonly high: number }): readonly [number, number] {
  let total = 0
  for (const count of counts) total += count
  let seen = 0
  let first = -1
  for (let at = 0; at < counts.length; at++) {
    seen += counts[at] as number
    if (first < 0 && seen > total * share.low) first = at
    if (seen >= total * share.high) return [Math.max(0, first), at]
  }
  return [Math.max(0, first), counts.length - 1]
}

/** The window used when an image names none: all but half a percent at each end. */
export const DISPLAY_SHARE = { low: 0.005, high: 0.995 } as const
