import { crop, type Picture } from './picture.js'
import { sampleGrid, span, type Grid } from './profile.js'

/** No more than this share is taken from one side: a washed-out film must not lose its lungs. */
const LARGEST_SHARE = 0.3

function deviation(grid: Grid, start: number, step: number, count: number): number {
  let sum = 0
  let squares = 0
  for (let index = 0; index < count; index++) {
    const value = grid.values[start + index * step]!
    sum += value
    squares += value * value
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2))
}

/** Crops uniform borders (black, white or grey frames): outer rows and columns whose standard deviation is under `deviation`. */
export function cropBorder(picture: Picture, options: { deviation: number }): Picture {
  const grid = sampleGrid(picture)
  const rows = span(grid.rows, (row) => deviation(grid, row * grid.columns, 1, grid.columns) >= options.deviation)
  const columns = span(grid.columns, (column) => deviation(grid, column, grid.columns, grid.rows) >= options.deviation)
  if (!rows || !columns) return picture
  const left = Math.round(Math.min(columns.first * grid.strideX, picture.width * LARGEST_SHARE))
  const top = Math.round(Math.min(rows.first * grid.strideY, picture.height * LARGEST_SHARE))
  const endX = columns.last === grid.columns - 1 ? picture.width : (columns.last + 1) * grid.strideX
  const endY = rows.last === grid.rows - 1 ? picture.height : (rows.last + 1) * grid.strideY
  const right = Math.round(Math.max(endX, picture.width * (1 - LARGEST_SHARE)))
  const bottom = Math.round(Math.max(endY, picture.height * (1 - LARGEST_SHARE)))
  return crop(picture, { left, top, width: right - left, height: bottom - top })
}
