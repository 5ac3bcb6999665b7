import { bump, smoothStep, wave } from './arithmetic.js'
import { between, cloudAt, createRandom, noiseAt } from './random.js'

/** a-lines: normal, aerated. b-lines: interstitial. consolidation: airless lung with air bronchograms under the pleura. */
export type LungPattern = 'a-lines' | 'b-lines' | 'consolidation'

/** What the beam meets. `side` runs -1..1 across the sector, depths 0 (probe) to 1. */
export type ChestWall = {
  readonly seed: number
  readonly pattern: LungPattern
  readonly pleura: number
  readonly ribs: readonly number[]
  readonly rays: readonly { readonly side: number; readonly width: number; readonly strength: number }[]
}
type Beam = { readonly side: number; readonly depth: number; readonly frame: number }

export function layChestWall(seed: number, pattern: LungPattern): ChestWall {
  const random = createRandom(seed)
  const rays = Array.from({ length: 5 }, (_, i) => ({
    side: -0.44 + 0.22 * i + between(random, -0.06, 0.06), width: between(random, 0.05, 0.14), strength: between(random, 0.2, 0.5)
  }))
  return {
    seed, pattern, rays: pattern === 'b-lines' ? rays : [], pleura: between(random, 0.19, 0.24),
    ribs: [between(random, -0.95, -0.75), between(random, 0.75, 0.95)]
  }
}

/** Strength of the echo, 0..1, before speckle. */
export function echoAt(wall: ChestWall, beam: Beam): number {
  const pleura = wall.pleura + 0.008 * wave(beam.side * 0.6) + 0.035 * beam.side * beam.side
  const shadow = wall.ribs.reduce((light, rib) => light * (1 - ribShadow(rib, beam, pleura)), 1)
  const ribs = wall.ribs.reduce((sum, rib) => sum + ribSurface(rib, beam, pleura), 0)
  const line = 0.85 * bump(beam.depth - pleura, 0.013)
  const above = beam.depth < pleura ? softTissue(wall.seed, beam) : 0
  const below = beam.depth >= pleura ? lungEcho(wall, beam, pleura) : 0
  return (above + line + below) * shadow + ribs
}

/** Skin, fat and muscle in layers, brightest under the probe. */
function softTissue(seed: number, { side, depth }: Beam): number {
  const layers = cloudAt(seed, side * 2.2, depth * 62)
  return 0.1 + 0.3 * bump(depth, 0.05) + 0.5 * Math.max(0, layers) + 0.06 * noiseAt(seed + 4, side * 5, depth * 120)
}

const ribDepth = (pleura: number): number => pleura * 0.72

function ribSurface(rib: number, { side, depth }: Beam, pleura: number): number {
  const curve = ribDepth(pleura) + 0.45 * (side - rib) * (side - rib)
  return 0.55 * bump(depth - curve, 0.016) * bump(side - rib, 0.3)
}

function ribShadow(rib: number, { side, depth }: Beam, pleura: number): number {
  return 0.9 * smoothStep(0.3, 0.2, Math.abs(side - rib)) * smoothStep(0, 0.03, depth - ribDepth(pleura))
}

/** Below the pleura: haze of scattered sound, and the pattern. The lung slides a little from frame to frame. */
function lungEcho(wall: ChestWall, beam: Beam, pleura: number): number {
  const slide = 0.05 * wave(beam.frame / 24)
  const moved = { ...beam, side: beam.side + slide }
  const below = beam.depth - pleura
  const fade = 1 - 0.95 * below
  const haze = 0.24 * fade * fade * fade * (0.8 + 0.5 * cloudAt(wall.seed + 8, moved.side * 4, beam.depth * 2))
  if (wall.pattern === 'consolidation') return haze * 0.6 + consolidation(wall.seed, moved, pleura)
  if (wall.pattern === 'b-lines') return haze + rayEcho(wall, moved) * (1 - 0.5 * below)
  return haze + reverberation(beam.depth, pleura)
}

/** A-lines: the pleura again at each multiple of its depth, paler each time. */
function reverberation(depth: number, pleura: number): number {
  let echo = 0
  for (let time = 2; time * pleura < 1; time++) echo += (0.8 / (time * time)) * bump(depth - time * pleura, 0.011)
  return echo
}

/** B-lines: rays from the pleura to the bottom that do not fade. */
function rayEcho(wall: ChestWall, { side, depth }: Beam): number {
  return wall.rays.reduce((sum, ray) => {
    const flicker = 0.8 + 0.35 * noiseAt(wall.seed + 21, ray.side * 50, depth * 26)
    return sum + ray.strength * flicker * bump(side - ray.side, ray.width * (1 + 0.5 * depth))
  }, 0)
}

/** Liver-like tissue with bright air bronchograms, a shredded lower edge and a dirty shadow under it. */
function consolidation(seed: number, { side, depth }: Beam, pleura: number): number {
  const edge = pleura + 0.34 * bump(side + 0.05, 0.75) + 0.05 * cloudAt(seed + 13, side * 9, 0.5)
  if (depth > edge + 0.02) return 0.13 * bump(depth - edge, 0.45)
  const bronchi = smoothStep(0.42, 0.6, cloudAt(seed + 30, side * 8, depth * 22))
  return 0.17 + 0.05 * noiseAt(seed + 12, side * 10, depth * 14) + 0.4 * bronchi * smoothStep(0.02, 0.07, depth - pleura)
    + 0.2 * bump(depth - edge, 0.03)
}
