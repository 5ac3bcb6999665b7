import type { Laterality } from '../domain/image-content.js'
import { between, createRandom } from './random.js'

/** Where things lie, in radii of the field of view about its centre; `side` is +1 when the disc is to the right. */
export type Retina = {
  readonly seed: number
  readonly centreX: number; readonly centreY: number
  /** Pixels. */
  readonly radius: number
  readonly side: 1 | -1
  readonly disc: { readonly x: number; readonly y: number }
  readonly fovea: { readonly x: number; readonly y: number }
}

/** Places the eye's parts: the disc on the nose's side, the fovea at the middle. */
export function layRetina(options: { seed: number; width: number; height: number; eye?: Laterality }): Retina {
  const random = createRandom(options.seed)
  const side = options.eye === 'L' ? -1 : 1
  const tilt = between(random, -0.05, 0.05)
  return {
    seed: options.seed, side, radius: Math.min(options.width, options.height) * 0.485,
    centreX: (options.width - 1) / 2, centreY: (options.height - 1) / 2,
    disc: { x: side * between(random, 0.5, 0.58), y: tilt - 0.03 },
    fovea: { x: side * between(random, -0.16, -0.08), y: tilt + 0.05 }
  }
}
