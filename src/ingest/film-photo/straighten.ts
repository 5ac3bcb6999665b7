import type { Corner, Quad } from './find-film.js'
import type { Grey } from './luma.js'

const LONGEST_SIDE = 2600

/** The part of the photograph inside the corners as a rectangle seen straight on (bilinear, at most 2600 pixels long). */
export function straighten(photo: Grey, quad: Quad): Grey {
  const [a, b, c, d] = quad
  const across = (distance(a, b) + distance(d, c)) / 2
  const down = (distance(a, d) + distance(b, c)) / 2
  const scale = Math.min(1, LONGEST_SIDE / Math.max(across, down))
  const width = Math.max(2, Math.round(across * scale))
  const height = Math.max(2, Math.round(down * scale))
  const project = projection(quad)
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [px, py] = project((x + 0.5) / width, (y + 0.5) / height)
      data[y * width + x] = sample(photo, px - 0.5, py - 0.5)
    }
  return { width, height, data }
}

const distance = (a: Corner, b: Corner): number => Math.hypot(a[0] - b[0], a[1] - b[1])

/** The projective map of the unit square onto the corners (Heckbert, Fundamentals of texture mapping, 1989, 2.2.2). */
function projection([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: Quad): (u: number, v: number) => Corner {
  const [dx1, dx2, sx] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3]
  const [dy1, dy2, sy] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3]
  const determinant = dx1 * dy2 - dx2 * dy1
  const g = (sx * dy2 - dx2 * sy) / determinant
  const h = (dx1 * sy - sx * dy1) / determinant
  return (u, v) => {
    const w = g * u + h * v + 1
    return [((x1 - x0 + g * x1) * u + (x3 - x0 + h * x3) * v + x0) / w, ((y1 - y0 + g * y1) * u + (y3 - y0 + h * y3) * v + y0) / w]
  }
}

function sample({ width, height, data }: Grey, x: number, y: number): number {
  const left = Math.min(width - 2, Math.max(0, Math.floor(x)))
  const top = Math.min(height - 2, Math.max(0, Math.floor(y)))
  const fx = Math.min(1, Math.max(0, x - left))
  const fy = Math.min(1, Math.max(0, y - top))
  const at = top * width + left
  const upper = data[at]! * (1 - fx) + data[at + 1]! * fx
  const lower = data[at + width]! * (1 - fx) + data[at + width + 1]! * fx
  return Math.round(upper * (1 - fy) + lower * fy)
}
