import type { SmallPicture } from './shrink.js'

/** Share of all pixels (0..1) within 4 grey levels of the commonest one: a blank film or a lens cap is near 1. */
export function uniformity({ luma }: SmallPicture): number {
  const histogram = new Uint32Array(264)
  for (const value of luma) histogram[value + 4]! += 1
  let most = 0
  for (let middle = 4; middle < 260; middle++) {
    let sum = 0
    for (let k = -4; k <= 4; k++) sum += histogram[middle + k]!
    most = Math.max(most, sum)
  }
  return most / luma.length
}
