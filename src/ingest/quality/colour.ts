import type { FieldOfView } from './field-of-view.js'
import type { SmallPicture } from './shrink.js'

/** Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images": 0 is grey, 15 slight, 60 and more strong. */
export function colourfulness({ rgb }: SmallPicture, { inside, count }: FieldOfView): number {
  if (!rgb) return 0
  let [rg, rg2, yb, yb2] = [0, 0, 0, 0]
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue
    const [r, g, b] = [rgb[i * 3]!, rgb[i * 3 + 1]!, rgb[i * 3 + 2]!]
    rg += r - g
    rg2 += (r - g) ** 2
    yb += (r + g) / 2 - b
    yb2 += ((r + g) / 2 - b) ** 2
  }
  const [meanRg, meanYb] = [rg / count, yb / count]
  const spread = Math.sqrt(Math.max(0, rg2 / count - meanRg ** 2 + yb2 / count - meanYb ** 2))
  return spread + 0.3 * Math.hypot(meanRg, meanYb)
}

/** Red's share of red, green and blue inside the field of view (0..1); grey is 0.33, a retina 0.45 to 0.75. */
export function redness({ rgb }: SmallPicture, { inside }: FieldOfView): number {
  if (!rgb) return 1 / 3
  let [red, all] = [0, 0]
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue
    red += rgb[i * 3]!
    all += rgb[i * 3]! + rgb[i * 3 + 1]! + rgb[i * 3 + 2]!
  }
  return all === 0 ? 1 / 3 : red / all
}
