import type { Edges } from './edges.js'
import { edgesOf } from './edges.js'
import type { Grey } from './luma.js'
import { shrinkGrey } from './luma.js'

export type Corner = readonly [x: number, y: number]
/** Clockwise from the upper left, pixels of the photograph. */
export type Quad = readonly [Corner, Corner, Corner, Corner]

/** A line by where it crosses the two opposite borders: for standing lines x at top and bottom, for lying ones y at left and right. */
type Line = { readonly from: number; readonly to: number }

const LOOK_SIDE = 300
/** A hand-held photograph is this far askew at most, as a share of its height. */
const MOST_SLANT = 0.28
const KEPT_LINES = 10
const LEAST_APART = 0.3
const LEAST_SUPPORT = 0.5
const BRIGHTER = 15
/** More than any area can outweigh: a film on light goes before the light box itself, which is the larger frame. */
const ON_LIGHT = 10

/**
 * The film on its light box: the four edges that have most strong steps in brightness along them (a Hough transform of standing and lying lines, then
 * every pair of both). A film that lies on light goes before the light box, which is the larger frame. Undefined when no four edges hold.
 */
export function findFilm(photo: Grey): Quad | undefined {
  const small = shrinkGrey(photo, LOOK_SIDE)
  const edges = edgesOf(small)
  const standing = strongestLines(edges, 1)
  const lying = strongestLines(edges, 2)
  let best: { quad: Quad; score: number } | undefined
  for (const [left, right] of pairs(standing, small.width))
    for (const [top, bottom] of pairs(lying, small.height)) {
      const quad = cornersOf({ left, right, top, bottom }, small)
      const support = supportOf(quad, edges)
      if (support < LEAST_SUPPORT) continue
      const score = support * Math.sqrt(areaOf(quad)) * (liesOnLight(quad, small) ? ON_LIGHT : 1)
      if (score > (best?.score ?? 0)) best = { quad, score }
    }
  return best && (best.quad.map(([x, y]): Corner => [(x + 0.5) * small.factor, (y + 0.5) * small.factor]) as unknown as Quad)
}

function strongestLines(edges: Edges, kind: 1 | 2): Line[] {
  const { width, height, steep } = edges
  const [length, breadth] = kind === 1 ? [height, width] : [width, height]
  const slants = slantsFor(length)
  const votes = slants.map(() => new Uint16Array(breadth))
  for (let along = 0; along < length; along++)
    for (let across = 0; across < breadth; across++) {
      if (steep[kind === 1 ? along * width + across : across * width + along] !== kind) continue
      for (let slant = 0; slant < slants.length; slant++) {
        const middle = Math.round(across - slants[slant]! * (along / length - 0.5))
        if (middle >= 0 && middle < breadth) votes[slant]![middle]!++
      }
    }
  return peaksOf(votes, slants, breadth)
}

/** Pixels that a line moves sideways from one end to the other, in steps of two. */
const slantsFor = (length: number): number[] => {
  const most = Math.floor(length * MOST_SLANT / 2) * 2
  return Array.from({ length: most + 1 }, (_, index) => index * 2 - most)
}

/** The lines with most votes, none beside a stronger one. */
function peaksOf(votes: readonly Uint16Array[], slants: readonly number[], breadth: number): Line[] {
  const all: { line: Line; middle: number; count: number }[] = []
  for (let slant = 0; slant < slants.length; slant++)
    for (let middle = 0; middle < breadth; middle++) {
      const count = votes[slant]![middle]! + (votes[slant]![middle + 1] ?? 0)
      if (count > 10) all.push({ line: { from: middle - slants[slant]! / 2, to: middle + slants[slant]! / 2 }, middle, count })
    }
  all.sort((a, b) => b.count - a.count)
  const kept: typeof all = []
  for (const each of all) {
    if (kept.length >= KEPT_LINES) break
    if (!kept.some(({ line }) => Math.abs(line.from - each.line.from) + Math.abs(line.to - each.line.to) < breadth * 0.04)) kept.push(each)
  }
  return kept.map(({ line }) => line)
}

function pairs(lines: readonly Line[], breadth: number): (readonly [Line, Line])[] {
  const sorted = [...lines].sort((a, b) => a.from + a.to - b.from - b.to)
  return sorted.flatMap((first, index) => sorted.slice(index + 1).filter((second) => second.from - first.from > LEAST_APART * breadth && second.to - first.to > LEAST_APART * breadth).map((second) => [first, second] as const))
}

type Frame = { readonly left: Line; readonly right: Line; readonly top: Line; readonly bottom: Line }
type Size = { readonly width: number; readonly height: number }

const cornersOf = ({ left, right, top, bottom }: Frame, size: Size): Quad => [crossing(left, top, size), crossing(right, top, size), crossing(right, bottom, size), crossing(left, bottom, size)]

/** Of a standing and a lying line. */
function crossing(standing: Line, lying: Line, { width, height }: Size): Corner {
  const a = (standing.to - standing.from) / height
  const b = (lying.to - lying.from) / width
  const y = (lying.from + b * standing.from) / (1 - a * b)
  return [standing.from + a * y, y]
}

/** Share of points on the weakest sides that lie on a strong step: the mean, pulled down by the worst side. */
function supportOf(quad: Quad, { width, height, steep }: Edges): number {
  const sides = quad.map((from, index) => {
    const to = quad[(index + 1) % 4]!
    const kind = index % 2 === 0 ? 2 : 1
    const steps = 48
    let hits = 0
    for (let step = 1; step < steps; step++) {
      const x = Math.round(from[0] + ((to[0] - from[0]) * step) / steps)
      const y = Math.round(from[1] + ((to[1] - from[1]) * step) / steps)
      const [dx, dy] = kind === 2 ? [0, 1] : [1, 0]
      for (let near = -1; near <= 1; near++) {
        const [px, py] = [x + dx * near, y + dy * near]
        if (px >= 0 && py >= 0 && px < width && py < height && steep[py * width + px] === kind) { hits++; break }
      }
    }
    return hits / (steps - 1)
  })
  return (sides.reduce((sum, side) => sum + side, 0) / 4 + Math.min(...sides)) / 2
}

/** Whether it is brighter just outside each side than just inside, as a film's edge on a light box is. */
function liesOnLight(quad: Quad, { width, height, data }: Grey): boolean {
  const inside = [[0, 1], [-1, 0], [0, -1], [1, 0]] as const
  return quad.every((from, side) => {
    const to = quad[(side + 1) % 4]!
    const [dx, dy] = inside[side]!
    let sum = 0
    let count = 0
    for (let step = 2; step < 30; step++) {
      const x = Math.round(from[0] + ((to[0] - from[0]) * step) / 32)
      const y = Math.round(from[1] + ((to[1] - from[1]) * step) / 32)
      const [ix, iy, ox, oy] = [x + 3 * dx, y + 3 * dy, x - 3 * dx, y - 3 * dy]
      if (Math.min(ix, iy, ox, oy) < 0 || Math.max(ix, ox) >= width || Math.max(iy, oy) >= height) continue
      sum += data[oy * width + ox]! - data[iy * width + ix]!
      count++
    }
    return count > 10 && sum / count > BRIGHTER
  })
}

const areaOf = (quad: Quad): number =>
  Math.abs(quad.reduce((sum, [x, y], index) => sum + x * quad[(index + 1) % 4]![1] - quad[(index + 1) % 4]![0] * y, 0)) / 2
