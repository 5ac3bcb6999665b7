import { crop, type Picture } from './picture.js'
import { sampleGrid, span, type Grid } from './profile.js'

/** A row or column belongs to the disc when this share of its samples is lit: specks and dust are not enough. */
const LIT_SHARE = 0.03
/** A smaller find is no field of view: a black or nearly black frame is kept whole, for the quality gate to refuse. */
const SMALLEST_SHARE = 0.05

function litCounts(grid: Grid, threshold: number): { byRow: Uint32Array; byColumn: Uint32Array } {
  const byRow = new Uint32Array(grid.rows)
  const byColumn = new Uint32Array(grid.columns)
  grid.values.forEach((value, index) => {
    if (value <= threshold) return
    byRow[Math.floor(index / grid.columns)]!++
    byColumn[index % grid.columns]!++
  })
  return { byRow, byColumn }
}

/**
 * Crops to the lit disc of a fundus photograph: rows and columns with enough samples brighter than `threshold` (average
 * of the channels, 0..255), widened by `margin` (share of the disc's side). Unchanged when nothing is lit.
 */
export function cropFieldOfView(picture: Picture, options: { threshold: number; margin: number }): Picture {
  const grid = sampleGrid(picture)
  const { byRow, byColumn } = litCounts(grid, options.threshold)
  const rows = span(grid.rows, (row) => byRow[row]! > grid.columns * LIT_SHARE)
  const columns = span(grid.columns, (column) => byColumn[column]! > grid.rows * LIT_SHARE)
  if (!rows || !columns) return picture
  const found = { width: (columns.last - columns.first + 1) * grid.strideX, height: (rows.last - rows.first + 1) * grid.strideY }
  if (found.width * found.height < SMALLEST_SHARE * picture.width * picture.height) return picture
  const left = Math.max(0, Math.round(columns.first * grid.strideX - found.width * options.margin))
  const top = Math.max(0, Math.round(rows.first * grid.strideY - found.height * options.margin))
  const right = Math.min(picture.width, Math.round((columns.last + 1) * grid.strideX + found.width * options.margin))
  const bottom = Math.min(picture.height, Math.round((rows.last + 1) * grid.strideY + found.height * options.margin))
  return crop(picture, { left, top, width: right - left, height: bottom - top })
}
