import { bump, clamp, ellipse, smoothStep } from './arithmetic.js'
import { between, createRandom } from './random.js'

/** The person's measures. x runs -1..1 across the film, y 0..1 down; the patient's right is at x < 0. */
export type Torso = {
  readonly apex: number
  /** Top of the right dome of the diaphragm; the left lies a little lower. */
  readonly dome: number
  readonly lungWidth: number
  readonly heart: number
  readonly shift: number
}
/** `density` about 0 (air) to 1.3 (dense); `lung` and `body` are how much of the point belongs to them, 0..1. */
export type Tissue = { readonly density: number; readonly lung: number; readonly body: number }

export function layTorso(seed: number): Torso {
  const random = createRandom(seed)
  return {
    apex: between(random, 0.1, 0.14), dome: between(random, 0.7, 0.76), lungWidth: between(random, 0.7, 0.78),
    heart: between(random, 0.9, 1.1), shift: between(random, -0.03, 0.03)
  }
}

/** What a ray through the body meets at a point of the film, bones apart. */
export function torsoAt(torso: Torso, filmX: number, y: number): Tissue {
  const x = filmX - torso.shift
  const body = bodyAt(x, y)
  const lung = lungAt(torso, x, y) * body
  const solid = 0.84 + 0.3 * smoothStep(0.6, 0.95, y) - 0.45 * smoothStep(0.72, 1.05, Math.abs(x)) * smoothStep(0.75, 0.4, y)
    - 0.1 * smoothStep(0.35, 0, y)
  const air = 0.28 + 0.1 * smoothStep(0.35, 0.85, y) + 0.16 * bump(x, 0.6)
  const density = body * (solid + (air - solid) * lung) + mediastinumAt(torso, x, y)
  return { density, lung, body }
}

/** Neck and shoulders above, trunk below; black air outside. */
function bodyAt(x: number, y: number): number {
  const across = Math.abs(x)
  const shoulder = -0.02 + 0.17 * smoothStep(0.3, 1.05, across)
  const neck = smoothStep(0.42, 0.34, across)
  const under = smoothStep(shoulder - 0.02, shoulder + 0.05, y)
  const flank = smoothStep(1.04, 0.97, across + 0.06 * smoothStep(0.45, 0.65, y))
  return Math.max(neck, under) * flank
}

function lungAt(torso: Torso, x: number, y: number): number {
  const left = x > 0
  const across = Math.abs(x)
  const down = clamp((y - torso.apex) / (torso.dome - torso.apex), 0, 1.6)
  const outer = torso.lungWidth * Math.sqrt(clamp(1 - (1 - down) * (1 - down) * (1 - down), 0, 1)) * (0.72 + 0.28 * Math.min(1, down)) + 0.1
  const inner = 0.1 + 0.1 * bump(down, 0.35)
  const dome = torso.dome + (left ? 0.03 : 0) + 0.42 * (across - 0.34) * (across - 0.34) + 0.06 * smoothStep(0.55, 0.9, across)
  const edge = 0.035
  return smoothStep(outer + edge, outer - edge, across) * smoothStep(inner - edge, inner + edge, across)
    * smoothStep(dome + 0.008, dome - 0.008, y) * smoothStep(torso.apex - 0.02, torso.apex + 0.02, y)
}

/** Heart, great vessels and hila add to what lies over them; the windpipe takes away. */
function mediastinumAt(torso: Torso, x: number, y: number): number {
  const leftBorder = 0.13 + 0.075 * bump(y - 0.29, 0.07) + 0.31 * torso.heart * bump(y - 0.66, 0.27)
  const rightBorder = 0.13 + 0.1 * torso.heart * bump(y - 0.6, 0.2)
  const border = x > 0 ? leftBorder : rightBorder
  const silhouette = smoothStep(border + 0.02, border - 0.025, Math.abs(x)) * smoothStep(0.16, 0.26, y) * smoothStep(torso.dome + 0.12, torso.dome + 0.01, y)
  const hila = bump(ellipse(Math.abs(x - 0.02) - 0.2, y - 0.45, 0.15, 0.1), 1)
  const windpipe = smoothStep(0.065, 0.04, Math.abs(x - 0.015)) * smoothStep(0.4, 0.3, y)
  return 0.4 * silhouette * (0.75 + 0.25 * smoothStep(0.4, 0.6, y)) + 0.12 * hila * (1 - silhouette) - 0.17 * windpipe
}
