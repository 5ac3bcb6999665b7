import type { SmallPicture } from './shrink.js'
import { lumaGrid } from './shrink.js'

const SIDE = 40

/** Average luma of a rectangle given in fractions of the picture. */
function zone(grid: Uint8Array, box: { left: number; right: number; top: number; bottom: number }): number {
  let [sum, count] = [0, 0]
  for (let y = Math.floor(box.top * SIDE); y < box.bottom * SIDE; y++) for (let x = Math.floor(box.left * SIDE); x < box.right * SIDE; x++) {
    sum += grid[y * SIDE + x]!
    count += 1
  }
  return sum / count
}

/**
 * How much brighter the middle (spine, heart) is than the lungs beside it, in grey levels. Clearly negative: the film
 * is a negative of what a chest X-ray should be, as when white and black were swapped before it was sent.
 */
export function chestPolarity(picture: SmallPicture): number {
  const grid = lumaGrid(picture, SIDE)
  const middle = zone(grid, { left: 0.45, right: 0.57, top: 0.3, bottom: 0.75 })
  const lungs = [zone(grid, { left: 0.2, right: 0.36, top: 0.25, bottom: 0.65 }), zone(grid, { left: 0.64, right: 0.8, top: 0.25, bottom: 0.65 })]
  return middle - (lungs[0]! + lungs[1]!) / 2
}
