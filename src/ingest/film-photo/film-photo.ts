import type { QualityReason } from '../../domain/finding.js'
import type { Pixels } from '../../domain/image-content.js'
import { findFilm } from './find-film.js'
import { glareShare } from './glare.js'
import { lumaOf } from './luma.js'
import { moireRatio } from './moire.js'
import { FILM_NOTES } from './notes.js'
import { straighten } from './straighten.js'

const MOST_GLARE = 0.004
const MOST_MOIRE = 8

/** A photograph of a film on a light box as the film itself: found, straightened, cropped, grey; with remarks that go with every result read from it. */
export function filmFromPhoto(photo: Pixels): { readonly pixels: Pixels; readonly notes: readonly QualityReason[] } {
  const grey = lumaOf(photo)
  const quad = findFilm(grey)
  const film = quad ? straighten(grey, quad) : grey
  return {
    pixels: { width: film.width, height: film.height, channels: 1, frames: 1, data: film.data },
    notes: [
      FILM_NOTES.readFromPhoto, ...(quad ? [] : [FILM_NOTES.filmNotFound]),
      ...(glareShare(film) > MOST_GLARE ? [FILM_NOTES.glare] : []), ...(moireRatio(grey) > MOST_MOIRE ? [FILM_NOTES.moire] : [])
    ]
  }
}
