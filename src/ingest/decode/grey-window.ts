import { DISPLAY_SHARE, histogram16, percentileRange } from './histogram.js'

/** 16-bit greys to 8 bits by their percentile window. */
export function greyToBytes(values: Uint16Array): Uint8Array {
  const [low, high] = percentileRange(histogram16(values), DISPLAY_SHARE)
  const scale = 255 / Math.max(1, high - low)
  const table = new Uint8ClampedArray(65536)
  for (let value = 0; value < 65536; value++) table[value] = (value - low) * scale
  return applyTable(values, table)
}

/** Looks every sample up; the table has an entry for every possible sample. */
export function applyTable(values: Uint16Array | Uint8Array, table: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) out[i] = table[values[i] as number] as number
  return out
}
