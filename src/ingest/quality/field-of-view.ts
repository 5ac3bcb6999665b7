import type { SmallPicture } from './shrink.js'

/** Pixels that the camera lit: 1 inside, 0 in the black surround. */
export type FieldOfView = { readonly inside: Uint8Array; readonly count: number }

const LIT = 14

/** Lit pixels; of a picture without a black surround, all of it. */
export function fieldOfView({ luma }: SmallPicture): FieldOfView {
  const inside = new Uint8Array(luma.length)
  let count = 0
  for (let i = 0; i < luma.length; i++) if (luma[i]! > LIT) { inside[i] = 1; count += 1 }
  return count === 0 ? { inside: inside.fill(1), count: luma.length } : { inside, count }
}

/** Share of the picture that is lit (0..1); a black frame has none. */
export function litShare({ luma }: SmallPicture): number {
  let lit = 0
  for (const value of luma) if (value > LIT) lit += 1
  return lit / luma.length
}

/** First and last index at which at least 4 % of the lines crossing there are lit. */
function extent(lines: readonly number[], least: number): { readonly first: number; readonly length: number } {
  const first = lines.findIndex((count) => count > least)
  return first < 0 ? { first: 0, length: 0 } : { first, length: lines.findLastIndex((count) => count > least) - first + 1 }
}

/**
 * How much of a round field of view is there: lit area over the area of the circle as wide as the lit part (fundus cameras cut
 * top and bottom; 0.7 to 1.05 is usual). Wider than the circle means a picture without a round field.
 */
export function roundness(picture: SmallPicture): number {
  const { width, height, luma } = picture
  const [columns, rows] = [new Array<number>(width).fill(0), new Array<number>(height).fill(0)]
  let lit = 0
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    if (luma[y * width + x]! <= LIT) continue
    columns[x]! += 1
    rows[y]! += 1
    lit += 1
  }
  const across = Math.max(extent(columns, height * 0.04).length, extent(rows, width * 0.04).length)
  return across === 0 ? 0 : lit / ((Math.PI / 4) * across * across)
}
