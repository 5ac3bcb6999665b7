import type { FieldOfView } from './field-of-view.js'
import type { SmallPicture } from './shrink.js'

/**
 * Variance of the Laplacian (Pech-Pacheco 2000) inside the field of view, over the variance of the luma there, so that a dim picture
 * is not called blurred. About 0.001 is blurred, 0.01 and more is sharp, at the normalised size of at most 512 pixels.
 */
export function focus({ luma, width, height }: SmallPicture, { inside, count }: FieldOfView): number {
  let [n, sum, squares, mean, power] = [0, 0, 0, 0, 0]
  for (let y = 1; y < height - 1; y++) for (let x = 1; x < width - 1; x++) {
    const i = y * width + x
    if (!inside[i] || !inside[i - 1] || !inside[i + 1] || !inside[i - width] || !inside[i + width]) continue
    const edge = luma[i - 1]! + luma[i + 1]! + luma[i - width]! + luma[i + width]! - 4 * luma[i]!
    n += 1
    sum += edge
    squares += edge * edge
    mean += luma[i]!
    power += luma[i]! * luma[i]!
  }
  if (n < count / 10) return 0
  const variance = power / n - (mean / n) ** 2
  return variance < 1 ? 0 : (squares / n - (sum / n) ** 2) / variance
}
