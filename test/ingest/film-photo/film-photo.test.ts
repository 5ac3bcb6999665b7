import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../../src/domain/image-content.js'
import { filmFromPhoto } from '../../../src/ingest/film-photo/film-photo.js'
import type { Quad } from '../../../src/ingest/film-photo/find-film.js'
import { findFilm } from '../../../src/ingest/film-photo/find-film.js'
import { lumaOf } from '../../../src/ingest/film-photo/luma.js'
import { moireRatio } from '../../../src/ingest/film-photo/moire.js'
import { photographFilm } from '../../../src/phantoms/film-photo.js'
import { renderPhantom } from '../../../src/phantoms/phantom.js'

const film = renderPhantom('chest', { seed: 5, width: 500, height: 610 })
const codes = (photo: Pixels): string[] => filmFromPhoto(photo).notes.map(({ code }) => code)
const farthest = (a: Quad, b: Quad): number => Math.max(...a.map(([x, y], index) => Math.hypot(x - b[index]![0], y - b[index]![1])))

const views: [string, Quad][] = [
  ['straight on', [[300, 120], [900, 120], [900, 860], [300, 860]]],
  ['turned', [[340, 90], [960, 150], [890, 880], [270, 820]]],
  ['from below', [[380, 130], [820, 130], [960, 880], [240, 880]]],
  ['from the side and turned', [[320, 140], [900, 80], [960, 900], [300, 780]]]
]

describe('a photo of a film', () => {
  it.each(views)('taken %s: the film is found', (_name, corners) => {
    const photo = photographFilm(film, { width: 1200, height: 960, corners, seed: 3 })
    const found = findFilm(lumaOf(photo))
    expect(found).toBeDefined()
    expect(farthest(found!, corners)).toBeLessThan(16)
  })

  it('becomes the film again: grey, straight, cropped', () => {
    const { pixels, notes } = filmFromPhoto(photographFilm(film, { width: 1200, height: 960, corners: views[3]![1], seed: 3 }))
    expect(notes.map(({ code }) => code)).toEqual(['read-from-photo'])
    expect(pixels).toMatchObject({ channels: 1, frames: 1 })
    expect(pixels.width / pixels.height).toBeCloseTo(500 / 610, 0)
    expect(likeness(film, pixels)).toBeGreaterThan(0.9)
  })

  it('without a film in it is read whole, and says so', () => {
    const data = Uint8Array.from({ length: 600 * 400 * 3 }, (_, at) => 100 + ((at / 3) % 600) / 8)
    expect(codes({ width: 600, height: 400, channels: 3, frames: 1, data })).toEqual(['read-from-photo', 'film-not-found'])
  })

  it('with a lamp mirrored in the film says so', () => {
    expect(codes(photographFilm(film, { width: 1200, height: 960, corners: views[0]![1], seed: 3, glare: { x: 620, y: 500, radius: 45 } }))).toContain('glare')
  })

  it('of a screen shows its grid, and a film does not', () => {
    const screen = photographFilm(film, { width: 1200, height: 960, corners: views[1]![1], seed: 3, gridPitch: 3.3 })
    expect(codes(screen)).toContain('moire')
    for (const [, corners] of views) expect(moireRatio(lumaOf(photographFilm(film, { width: 1200, height: 960, corners, seed: 9 })))).toBeLessThan(4)
  })

  it('of twelve megapixels takes less than three seconds', () => {
    const scale = ([x, y]: readonly [number, number]): [number, number] => [x * 3.3, y * 3.3]
    const photo = photographFilm(film, { width: 3960, height: 3168, corners: views[2]![1].map(scale) as unknown as Quad, seed: 3 })
    const started = performance.now()
    const { pixels } = filmFromPhoto(photo)
    expect(performance.now() - started).toBeLessThan(3000)
    expect(Math.max(pixels.width, pixels.height)).toBeLessThanOrEqual(2600)
  })
})

/** Correlation of two pictures at 40 x 48. */
function likeness(a: Pixels, b: Pixels): number {
  const small = ({ width, height, data, channels }: Pixels): number[] => Array.from({ length: 40 * 48 }, (_, at) => data[(Math.floor(((Math.floor(at / 40) + 0.5) / 48) * height) * width + Math.floor((((at % 40) + 0.5) / 40) * width)) * channels]!)
  const [x, y] = [small(a), small(b)]
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [mean(x), mean(y)]
  const dot = (p: number[], mp: number, q: number[], mq: number): number => p.reduce((sum, value, at) => sum + (value - mp) * (q[at]! - mq), 0)
  return dot(x, mx, y, my) / Math.sqrt(dot(x, mx, x, mx) * dot(y, my, y, my))
}
