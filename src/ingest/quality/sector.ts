import type { SmallPicture } from './shrink.js'
import { lumaGrid } from './shrink.js'

const SIDE = 32

/** An ultrasound picture: bright near the probe, dark below and in the lower corners. Average luma of the upper middle less that of the lower corners. */
export function sector(picture: SmallPicture): number {
  const grid = lumaGrid(picture, SIDE)
  let [near, nearCount, corners, cornerCount] = [0, 0, 0, 0]
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) {
    const value = grid[y * SIDE + x]!
    if (y < SIDE * 0.5 && x > SIDE * 0.3 && x < SIDE * 0.7) { near += value; nearCount += 1 }
    if (y > SIDE * 0.75 && (x < SIDE * 0.15 || x > SIDE * 0.85)) { corners += value; cornerCount += 1 }
  }
  return near / nearCount - corners / cornerCount
}
