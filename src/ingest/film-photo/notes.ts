import type { QualityReason } from '../../domain/finding.js'

/** Remarks on a result that was read from a photograph of a film. */
export const FILM_NOTES = {
  readFromPhoto: { code: 'read-from-photo', text: 'This was read from a photo of a film, not from the film itself; the reading is less sure.' } satisfies QualityReason,
  filmNotFound: {
    code: 'film-not-found', text: 'The edges of the film were not found; the whole photo was read.', retake: 'Photograph the film straight on, all four corners in the picture, on a light box in a dark room.'
  } satisfies QualityReason,
  glare: { code: 'glare', text: 'Lamps are mirrored in the film.', retake: 'Switch the flash and the room light off, close the curtain, and photograph the film again.' } satisfies QualityReason,
  moire: { code: 'moire', text: 'The photo shows the grid of a screen.', retake: 'Send the image itself instead of a photo of the screen; a film goes on a light box.' } satisfies QualityReason
} as const
