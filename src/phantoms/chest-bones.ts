import { bump, clamp, ellipse, smoothStep, wave } from './arithmetic.js'
import { between, createRandom } from './random.js'

/** Distance from rib to rib (film heights), where the first begins, and how strong the bones show. */
export type Bones = { readonly spacing: number; readonly first: number; readonly strength: number }

export function layBones(seed: number): Bones {
  const random = createRandom(seed + 11)
  return { spacing: between(random, 0.076, 0.086), first: between(random, 0.08, 0.1), strength: between(random, 0.9, 1.15) }
}

/** Density that bones add at a point of the film (x -1..1, y 0..1); ribs show less outside the lungs. */
export function boneAt(bones: Bones, point: { x: number; y: number; lung: number }): number {
  const { x, y } = point
  const across = Math.abs(x)
  const ribs = (0.11 * posteriorRib(bones, across, y) + 0.03 * anteriorRib(bones, across, y)) * (0.12 + 0.88 * point.lung)
  return bones.strength * (ribs + 0.12 * spineAt(x, y) + 0.17 * clavicleAt(across, y) + 0.12 * scapulaAt(across, y))
}

/** A bar with bright rims across a unit period, as the cortex of a rib shows. */
function bar(phase: number, thickness: number): number {
  const away = Math.abs(phase - Math.floor(phase) - 0.5) * 2
  const inside = smoothStep(thickness + 0.12, thickness - 0.06, away)
  return inside * (0.7 + 0.3 * smoothStep(thickness - 0.3, thickness, away))
}

/** From the spine outwards and down, turning down steeply at the chest wall. */
function posteriorRib({ spacing, first }: Bones, across: number, y: number): number {
  const drop = 0.02 + 0.09 * across + 0.22 * across * across * across
  const rib = (y - first - drop) / spacing
  if (rib < 0 || rib > 10) return 0
  return bar(rib, 0.42) * smoothStep(0.93, 0.85, across) * smoothStep(0.04, 0.12, across)
}

/** From the chest wall inwards and down, paler, ending in cartilage before the breastbone. */
function anteriorRib({ spacing, first }: Bones, across: number, y: number): number {
  const drop = 0.36 * (0.95 - across) + 0.06
  const rib = (y - first - drop) / (spacing * 1.15)
  if (rib < 0 || rib > 6) return 0
  return bar(rib + 0.5, 0.4) * smoothStep(0.26, 0.4, across) * smoothStep(0.93, 0.85, across)
}

/** Vertebrae with paler discs between them. */
function spineAt(x: number, y: number): number {
  const column = smoothStep(0.12, 0.08, Math.abs(x))
  const disc = 0.5 + 0.5 * clamp(wave(y * 13) * 2, -1, 1)
  return column * (0.55 + 0.3 * disc) * (0.7 + 0.3 * y)
}

/** A flat S from the breastbone up to the shoulder. */
function clavicleAt(across: number, y: number): number {
  const middle = 0.205 - 0.11 * clamp(across - 0.08, 0, 1) + 0.014 * wave(across * 1.2)
  const away = Math.abs(y - middle)
  return smoothStep(0.022, 0.015, away) * smoothStep(0.07, 0.1, across) * smoothStep(0.82, 0.78, across) * (0.75 + 0.25 * smoothStep(0.008, 0.014, away))
}

/** The shoulder blade's inner rim and the head of the upper arm. */
function scapulaAt(across: number, y: number): number {
  const blade = smoothStep(0.68, 0.74, across + 0.3 * (y - 0.3)) * smoothStep(0.2, 0.26, y) * smoothStep(0.52, 0.44, y)
  return blade + 1.2 * bump(ellipse(across - 0.93, y - 0.23, 0.12, 0.08), 1)
}
