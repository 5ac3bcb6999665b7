import type { Pixels } from '../../domain/image-content.js'
import { chestPolarity } from './chest-polarity.js'
import { colourfulness, redness } from './colour.js'
import { contrast } from './contrast.js'
import { brightness, clippedBright, clippedDark } from './exposure.js'
import { fieldOfView, litShare, roundness } from './field-of-view.js'
import { focus } from './focus.js'
import { sector } from './sector.js'
import { shrink } from './shrink.js'
import { symmetry } from './symmetry.js'
import { uniformity } from './uniformity.js'

/** Every measure of one frame by name; a manifest's limits use the same names. `shorterSide` is in pixels of the original. */
export type Measures = Readonly<Record<MeasureName, number>>
export type MeasureName = 'shorterSide' | 'brightness' | 'clippedBright' | 'clippedDark' | 'contrast' | 'focus' | 'uniformity' | 'litShare' | 'roundness'
  | 'colourfulness' | 'redness' | 'symmetry' | 'chestPolarity' | 'sector'

/** Measures a copy of at most 512 pixels, so the cost hardly depends on the size of the image. */
export function measure(pixels: Pixels, frame: number): Measures {
  const small = shrink(pixels, frame)
  const view = fieldOfView(small)
  return {
    shorterSide: Math.min(pixels.width, pixels.height),
    brightness: brightness(small, view), clippedBright: clippedBright(small, view), clippedDark: clippedDark(small, view),
    contrast: contrast(small, view), focus: focus(small, view), uniformity: uniformity(small),
    litShare: litShare(small), roundness: roundness(small), colourfulness: colourfulness(small, view), redness: redness(small, view),
    symmetry: symmetry(small), chestPolarity: chestPolarity(small), sector: sector(small)
  }
}
