import type { Picture } from './picture.js'

/** Brightness on a coarse grid: enough to find borders, cheap on a film of nine million pixels. */
export type Grid = { readonly columns: number; readonly rows: number; readonly strideX: number; readonly strideY: number; readonly values: Uint8Array }

const LONGEST_SIDE = 512

/** Samples the average of the channels every `stride` pixels, at most 512 samples a side, from the middle of each stride. */
export function sampleGrid(picture: Picture): Grid {
  const strideX = Math.ceil(picture.width / LONGEST_SIDE)
  const strideY = Math.ceil(picture.height / LONGEST_SIDE)
  const columns = Math.floor(picture.width / strideX)
  const rows = Math.floor(picture.height / strideY)
  const values = new Uint8Array(columns * rows)
  const { channels, data, width } = picture
  for (let row = 0; row < rows; row++) {
    const y = row * strideY + (strideY >> 1)
    for (let column = 0; column < columns; column++) {
      const at = (y * width + column * strideX + (strideX >> 1)) * channels
      values[row * columns + column] = channels === 1 ? data[at]! : (data[at]! + data[at + 1]! + data[at + 2]!) / 3
    }
  }
  return { columns, rows, strideX, strideY, values }
}

/** First and last index (inclusive) that satisfy the test, or undefined when none does. */
export function span(length: number, test: (index: number) => boolean): { first: number; last: number } | undefined {
  let first = 0
  while (first < length && !test(first)) first++
  if (first === length) return undefined
  let last = length - 1
  while (!test(last)) last--
  return { first, last }
}
