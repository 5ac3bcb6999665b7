/** A stream of numbers in [0, 1): mulberry32, 32-bit integer arithmetic only, the same everywhere. */
export type Random = () => number

export function createRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A number in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random()

/** The value in [0, 1) that belongs to a lattice point: noise that needs no memory. */
export function hashAt(seed: number, x: number, y: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}

/** Smooth noise -1..1 whose features are one unit wide. */
export function noiseAt(seed: number, x: number, y: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const fx = x - left
  const fy = y - top
  const sx = fx * fx * (3 - 2 * fx)
  const sy = fy * fy * (3 - 2 * fy)
  const a = hashAt(seed, left, top)
  const b = hashAt(seed, left + 1, top)
  const c = hashAt(seed, left, top + 1)
  const d = hashAt(seed, left + 1, top + 1)
  return 2 * (a + (b - a) * sx + (c - a) * sy + (a - b - c + d) * sx * sy) - 1
}

/** Three octaves of `noiseAt`, about -1..1: cloudy texture. */
export const cloudAt = (seed: number, x: number, y: number): number =>
  noiseAt(seed, x, y) * 0.57 + noiseAt(seed + 1, x * 2.1, y * 2.1) * 0.29 + noiseAt(seed + 2, x * 4.3, y * 4.3) * 0.14
