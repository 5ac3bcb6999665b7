import { crop, type Picture } from './picture.js'

/** Keeps the middle `fraction` of width and height, at least one pixel. */
export function cropCentre(picture: Picture, options: { fraction: number }): Picture {
  const width = Math.max(1, Math.round(picture.width * options.fraction))
  const height = Math.max(1, Math.round(picture.height * options.fraction))
  return crop(picture, { left: (picture.width - width) >> 1, top: (picture.height - height) >> 1, width, height })
}
