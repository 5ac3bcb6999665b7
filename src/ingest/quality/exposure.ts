import type { FieldOfView } from './field-of-view.js'
import type { SmallPicture } from './shrink.js'

/** Average luma inside the field of view, 0..255. */
export function brightness({ luma }: SmallPicture, { inside, count }: FieldOfView): number {
  let sum = 0
  for (let i = 0; i < luma.length; i++) if (inside[i]) sum += luma[i]!
  return sum / count
}

/** Share of the field of view (0..1) that is burnt out: luma 250 and more. */
export function clippedBright({ luma }: SmallPicture, { inside, count }: FieldOfView): number {
  let clipped = 0
  for (let i = 0; i < luma.length; i++) if (inside[i] && luma[i]! >= 250) clipped += 1
  return clipped / count
}

/** Share of the field of view (0..1) that is nearly black: luma 24 and less. */
export function clippedDark({ luma }: SmallPicture, { inside, count }: FieldOfView): number {
  let clipped = 0
  for (let i = 0; i < luma.length; i++) if (inside[i] && luma[i]! <= 24) clipped += 1
  return clipped / count
}
