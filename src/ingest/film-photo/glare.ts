import type { Grey } from './luma.js'
import { shrinkGrey } from './luma.js'

const LOOK_SIDE = 256
const BURNT = 250

/** Share of the film that lies under burnt-out spots which do not reach its border: a lamp or the flash mirrored in the film. */
export function glareShare(film: Grey): number {
  const { width, height, data } = shrinkGrey(film, LOOK_SIDE)
  const seen = Uint8Array.from(data, (value) => (value >= BURNT ? 1 : 0))
  let glare = 0
  for (let start = 0; start < seen.length; start++) {
    if (!seen[start]) continue
    const spot = [start]
    let reachesBorder = false
    seen[start] = 0
    for (let next = 0; next < spot.length; next++) {
      const at = spot[next]!
      const x = at % width
      if (x === 0 || x === width - 1 || at < width || at >= width * (height - 1)) reachesBorder = true
      for (const near of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (near < 0 || near >= seen.length || !seen[near]) continue
        seen[near] = 0
        spot.push(near)
      }
    }
    if (!reachesBorder) glare += spot.length
  }
  return glare / (width * height)
}
