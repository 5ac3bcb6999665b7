import type { Plane } from './plane.js'

/** Rows of 5 bits, top to bottom, for the letters of PHANTOM. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  P: [30, 17, 17, 30, 16, 16, 16], H: [17, 17, 17, 31, 17, 17, 17], A: [14, 17, 17, 31, 17, 17, 17],
  N: [17, 25, 21, 21, 19, 17, 17], T: [31, 4, 4, 4, 4, 4, 4], O: [14, 17, 17, 17, 17, 17, 14], M: [17, 27, 21, 21, 17, 17, 17]
}
const LETTER_WIDTH = 6

/**
 * Writes PHANTOM in the lower left corner of each plane with the plane's `value` on black, so that no generated picture passes
 * for a patient's. Letters are about an 80th of the shorter side wide, at least 5 pixels.
 */
export function drawMark(planes: readonly { readonly plane: Plane; readonly value: number }[]): void {
  for (const { plane, value } of planes) {
    const scale = Math.max(1, Math.round(Math.min(plane.width, plane.height) / 420))
    const top = plane.height - 10 * scale
    for (let y = Math.max(0, top - 2 * scale); y < plane.height; y++) plane.data.fill(0, y * plane.width, y * plane.width + Math.min(plane.width, 47 * scale))
    ;[...'PHANTOM'].forEach((letter, index) => drawGlyph(plane, { letter, left: (3 + index * LETTER_WIDTH) * scale, top, scale, value }))
  }
}

function drawGlyph(plane: Plane, at: { letter: string; left: number; top: number; scale: number; value: number }): void {
  const rows = GLYPHS[at.letter] ?? []
  for (let y = 0; y < rows.length * at.scale; y++)
    for (let x = 0; x < 5 * at.scale; x++) {
      const lit = ((rows[Math.floor(y / at.scale)] ?? 0) >> (4 - Math.floor(x / at.scale))) & 1
      if (lit && at.left + x < plane.width && at.top + y >= 0) plane.data[(at.top + y) * plane.width + at.left + x] = at.value
    }
}
