import type { Point } from '../../domain/video-session.js'

/** One channel, row-major, all of one size. */
export type GreyFrames = { readonly width: number; readonly height: number; readonly frames: readonly Uint8Array[] }

/** A pixel moves when its standard deviation over the frames passes this, of 255: above what capture adds to a still picture. */
const MOVES = 3
const LEAST_SHARE = 0.04
const MOST_SHARE = 0.97

/**
 * Where the picture lives: the convex hull of the largest part in which pixels change between frames. An ultrasound's sector changes all the
 * time, the names, scales and logos around it do not. Undefined when nothing or nearly everything moves.
 */
export function movingPart({ width, height, frames }: GreyFrames): readonly Point[] | undefined {
  if (frames.length < 3) return undefined
  const moving = closed(movingPixels(width * height, frames), width, height)
  const part = largestPart(moving, width, height)
  const share = part.length / (width * height)
  if (share < LEAST_SHARE || share > MOST_SHARE) return undefined
  return convexHull(outline(part, width)).map(([x, y]): Point => [Math.min(1, x / width), Math.min(1, y / height)])
}

function movingPixels(size: number, frames: readonly Uint8Array[]): Uint8Array {
  const found = new Uint8Array(size)
  for (let at = 0; at < size; at++) {
    let sum = 0
    let squares = 0
    for (const frame of frames) {
      const value = frame[at]!
      sum += value
      squares += value * value
    }
    const mean = sum / frames.length
    if (squares / frames.length - mean * mean > MOVES * MOVES) found[at] = 1
  }
  return found
}

/** Joins speckle: each moving pixel also counts for its neighbours within two pixels, then the gain at the rim is taken back. */
const closed = (mask: Uint8Array, width: number, height: number): Uint8Array =>
  spread(spread(mask, { width, height, value: 1 }), { width, height, value: 0 })

function spread(mask: Uint8Array, { width, height, value }: { width: number; height: number; value: 0 | 1 }): Uint8Array {
  const radius = 2
  const rows = Uint8Array.from(mask)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let near = Math.max(0, x - radius); near <= Math.min(width - 1, x + radius); near++) if (mask[y * width + near] === value) rows[y * width + x] = value
  const all = Uint8Array.from(rows)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let near = Math.max(0, y - radius); near <= Math.min(height - 1, y + radius); near++) if (rows[near * width + x] === value) all[y * width + x] = value
  return all
}

/** Indices of the largest connected part, four neighbours. */
function largestPart(mask: Uint8Array, width: number, height: number): number[] {
  const seen = Uint8Array.from(mask)
  let largest: number[] = []
  for (let start = 0; start < seen.length; start++) {
    if (!seen[start]) continue
    const part = [start]
    seen[start] = 0
    for (let next = 0; next < part.length; next++) {
      const at = part[next]!
      const x = at % width
      for (const near of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (near < 0 || near >= width * height || !seen[near]) continue
        seen[near] = 0
        part.push(near)
      }
    }
    if (part.length > largest.length) largest = part
  }
  return largest
}

/** The leftmost and rightmost corner points of each row: enough for a hull. */
function outline(part: readonly number[], width: number): (readonly [number, number])[] {
  const rows = new Map<number, [number, number]>()
  for (const at of part) {
    const y = Math.floor(at / width)
    const x = at % width
    const row = rows.get(y)
    rows.set(y, row ? [Math.min(row[0], x), Math.max(row[1], x)] : [x, x])
  }
  return [...rows].flatMap(([y, [left, right]]) => [[left, y], [right + 1, y], [left, y + 1], [right + 1, y + 1]] as const)
}

/** Andrew's monotone chain (Inf. Process. Lett. 9:216, 1979). */
export function convexHull(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (from: readonly (readonly [number, number])[]): (readonly [number, number])[] => {
    const hull: (readonly [number, number])[] = []
    for (const point of from) {
      while (hull.length >= 2 && turn(hull[hull.length - 2]!, hull[hull.length - 1]!, point) <= 0) hull.pop()
      hull.push(point)
    }
    return hull.slice(0, -1)
  }
  return [...half(sorted), ...half([...sorted].reverse())]
}

const turn = (a: readonly [number, number], b: readonly [number, number], c: readonly [number, number]): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
