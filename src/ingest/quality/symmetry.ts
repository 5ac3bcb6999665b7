import type { SmallPicture } from './shrink.js'
import { lumaGrid } from './shrink.js'

const SIDE = 32

/** Pearson correlation of the left half with the mirrored right half, on a 32 x 32 grid: a frontal chest is about 0.5 to 0.95. */
export function symmetry(picture: SmallPicture): number {
  const grid = lumaGrid(picture, SIDE)
  const [left, right]: [number[], number[]] = [[], []]
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE / 2; x++) {
    left.push(grid[y * SIDE + x]!)
    right.push(grid[y * SIDE + SIDE - 1 - x]!)
  }
  return correlation(left, right)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  a.forEach((value, i) => {
    ab += (value - meanA) * (b[i]! - meanB)
    aa += (value - meanA) ** 2
    bb += (b[i]! - meanB) ** 2
  })
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb)
}
