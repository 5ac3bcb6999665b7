import type { Grey } from './luma.js'

/** Strength and direction of the steps in brightness, by Sobel. `steep`: which way is mostly across (1: a standing edge, 2: a lying one, 0: none). */
export type Edges = { readonly width: number; readonly height: number; readonly steep: Uint8Array }

const STRONG_SHARE = 0.12
const LEAST_STEP = 40

export function edgesOf({ width, height, data }: Grey): Edges {
  const across = new Int16Array(width * height)
  const down = new Int16Array(width * height)
  const counts = new Uint32Array(2048)
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x
      const p = (dy: number, dx: number): number => data[at + dy * width + dx]!
      across[at] = p(-1, 1) + 2 * p(0, 1) + p(1, 1) - p(-1, -1) - 2 * p(0, -1) - p(1, -1)
      down[at] = p(1, -1) + 2 * p(1, 0) + p(1, 1) - p(-1, -1) - 2 * p(-1, 0) - p(-1, 1)
      counts[Math.min(2047, Math.abs(across[at]!) + Math.abs(down[at]!))]!++
    }
  const limit = Math.max(LEAST_STEP, strengthOf(counts, width * height * STRONG_SHARE))
  const steep = new Uint8Array(width * height)
  for (let at = 0; at < steep.length; at++) {
    const [sideways, upright] = [Math.abs(across[at]!), Math.abs(down[at]!)]
    if (sideways + upright >= limit) steep[at] = sideways >= upright ? 1 : 2
  }
  return { width, height, steep }
}

/** The strength that so many pixels reach. */
function strengthOf(counts: Uint32Array, wanted: number): number {
  let found = 0
  for (let strength = counts.length - 1; strength > 0; strength--) {
    found += counts[strength]!
    if (found >= wanted) return strength
  }
  return 0
}
