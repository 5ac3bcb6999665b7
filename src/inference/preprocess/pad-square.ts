import { regionOf, type Picture } from './picture.js'

/** Pads with black to a square, content centred; the region then reaches outside the original image. */
export function padSquare(picture: Picture): Picture {
  const { width, height, channels } = picture
  if (width === height) return picture
  const side = Math.max(width, height)
  const left = (side - width) >> 1
  const top = (side - height) >> 1
  const data = new Uint8Array(side * side * channels)
  for (let row = 0; row < height; row++) {
    data.set(picture.data.subarray(row * width * channels, (row + 1) * width * channels), ((top + row) * side + left) * channels)
  }
  return { width: side, height: side, channels, data, region: regionOf(picture, { left: -left, top: -top, width: side, height: side }) }
}
