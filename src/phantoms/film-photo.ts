import type { Pixels } from '../domain/image-content.js'
import { createRandom } from './random.js'

type Point = readonly [x: number, y: number]

export type FilmPhotoOptions = {
  readonly width: number
  readonly height: number
  /** Where the film's corners are in the photograph, clockwise from the upper left. */
  readonly corners: readonly [Point, Point, Point, Point]
  readonly seed: number
  /** A lamp mirrored in the film. */
  readonly glare?: { readonly x: number; readonly y: number; readonly radius: number }
  /** Pixels of the photograph from one cell of a screen to the next, when a screen is photographed instead of a film. */
  readonly gridPitch?: number
}

/** A telephone's photograph of a film on a light box in a dim room: bluish light, a hand's slant, noise. The mark of the film stays readable. */
export function photographFilm(film: Pixels, options: FilmPhotoOptions): Pixels {
  const { width, height, glare, gridPitch } = options
  const random = createRandom(options.seed)
  const place = unproject(options.corners)
  const data = new Uint8Array(width * height * 3)
  const boxLeft = width * 0.08
  const boxTop = height * 0.03
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = place(x + 0.5, y + 0.5)
      const onFilm = u >= 0 && u < 1 && v >= 0 && v < 1
      const onBox = x > boxLeft && x < width - boxLeft && y > boxTop && y < height - boxTop
      const falloff = 1 - 0.25 * Math.hypot(x / width - 0.5, y / height - 0.5)
      let light = onFilm ? 12 + 0.8 * film.data[(Math.floor(v * film.height) * film.width + Math.floor(u * film.width)) * film.channels]! : onBox ? 232 : 26
      light *= onFilm || onBox ? falloff : 1
      if (gridPitch !== undefined && onFilm) light *= 0.72 + 0.28 * Math.cos((2 * Math.PI * (x * 0.94 + y * 0.34)) / gridPitch)
      if (glare && Math.hypot(x - glare.x, y - glare.y) < glare.radius) light = 255
      const noise = (random() - 0.5) * 6
      const at = (y * width + x) * 3
      data[at] = clamp(light * 0.97 + noise)
      data[at + 1] = clamp(light + noise)
      data[at + 2] = clamp(light * 1.04 + noise)
    }
  return { width, height, channels: 3, frames: 1, data }
}

const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)))

/** From the photograph to the unit square of the film: the inverse of the projective map of four corners. */
function unproject([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: FilmPhotoOptions['corners']): (x: number, y: number) => Point {
  const [dx1, dx2, sx] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3]
  const [dy1, dy2, sy] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3]
  const scale = dx1 * dy2 - dx2 * dy1
  const g = (sx * dy2 - dx2 * sy) / scale
  const h = (dx1 * sy - sx * dy1) / scale
  const [a, b, c] = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0]
  const [d, e, f] = [y1 - y0 + g * y1, y3 - y0 + h * y3, y0]
  const inverse = [e - f * h, c * h - b, b * f - c * e, f * g - d, a - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d] as const
  return (x, y) => {
    const w = inverse[6] * x + inverse[7] * y + inverse[8]
    return [(inverse[0] * x + inverse[1] * y + inverse[2]) / w, (inverse[3] * x + inverse[4] * y + inverse[5]) / w]
  }
}
