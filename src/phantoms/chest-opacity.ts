import { bump, ellipse, smoothStep } from './arithmetic.js'
import { cloudAt, hashAt } from './random.js'

/**
 * upper-lobe: a patchy shadow with a cavity in the right upper zone; lower-lobe: a dense right lower zone; miliary: fine nodules everywhere;
 * effusion: the left angle filled to a curved line.
 */
export type ChestOpacity = 'none' | 'upper-lobe' | 'lower-lobe' | 'miliary' | 'effusion'

type Point = { readonly x: number; readonly y: number; readonly seed: number }

const SHAPES: Readonly<Record<ChestOpacity, (point: Point) => number>> = {
  none: () => 0,
  'upper-lobe': ({ x, y, seed }) => {
    const patch = bump(ellipse(x + 0.42, y - 0.27, 0.34, 0.15), 1) * (0.75 + 0.6 * cloudAt(seed, x * 9, y * 12))
    const cavity = ellipse(x + 0.4, y - 0.26, 0.1, 0.055)
    return 0.5 * patch * (0.6 + 0.4 * smoothStep(0.6, 1, cavity)) + 0.07 * bump(cavity - 1.05, 0.4) + 0.2 * bump(ellipse(x - 0.4, y - 0.27, 0.2, 0.08), 1) * (0.7 + cloudAt(seed + 3, x * 12, y * 16))
  },
  'lower-lobe': ({ x, y, seed }) => 0.6 * bump(ellipse(x + 0.42, y - 0.64, 0.42, 0.17), 1) * (0.8 + 0.4 * cloudAt(seed, x * 7, y * 9)),
  miliary: ({ x, y, seed }) => 0.07 * (nodule(seed, x * 31 + y * 14, y * 62) + nodule(seed + 5, x * 23, y * 46 - x * 9)),
  effusion: ({ x, y }) => (x < 0 ? 0 : 0.45 * smoothStep(-0.03, 0.06, y - 0.68 + 0.2 * (x - 0.2) * (x - 0.2)))
}

/** Density that the disease adds inside the lungs at a point of the film. */
export const opacityAt = (opacity: ChestOpacity, point: Point): number => Math.max(0, SHAPES[opacity](point))

/** One small round shadow in about half of the cells of a grid. */
function nodule(seed: number, x: number, y: number): number {
  const cellX = Math.floor(x)
  const cellY = Math.floor(y)
  if (hashAt(seed, cellX, cellY) < 0.45) return 0
  const dx = x - cellX - 0.3 - 0.4 * hashAt(seed + 1, cellX, cellY)
  const dy = y - cellY - 0.3 - 0.4 * hashAt(seed + 2, cellX, cellY)
  return bump(Math.sqrt(dx * dx + dy * dy), 0.42)
}
