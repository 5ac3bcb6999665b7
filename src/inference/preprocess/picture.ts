/** A rectangle in pixels of the original image; it may lie partly outside when the picture was padded. */
export type Region = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/**
 * What travels from step to step: 8 bit, interleaved, row-major. Every step but the last rounds to 8 bit, so that
 * what training reads from a file and what the appliance holds in memory are the same numbers.
 */
export type Picture = {
  readonly width: number
  readonly height: number
  /** Grey, RGB, or RGB with the same three equalised behind them (`add-equalised`). */
  readonly channels: 1 | 3 | 6
  readonly data: Uint8Array
  readonly region: Region
}

/** A rectangle in pixels of the picture itself. */
export type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

/** The region that `box` of a picture covers in the original image. */
export function regionOf(picture: Picture, box: Box): Region {
  const scaleX = picture.region.width / picture.width
  const scaleY = picture.region.height / picture.height
  return {
    x: picture.region.x + box.left * scaleX, y: picture.region.y + box.top * scaleY,
    width: box.width * scaleX, height: box.height * scaleY
  }
}

/** The part of a picture inside `box`, which must lie inside it. */
export function crop(picture: Picture, box: Box): Picture {
  if (box.left === 0 && box.top === 0 && box.width === picture.width && box.height === picture.height) return picture
  const { channels } = picture
  const data = new Uint8Array(box.width * box.height * channels)
  for (let row = 0; row < box.height; row++) {
    const from = ((box.top + row) * picture.width + box.left) * channels
    data.set(picture.data.subarray(from, from + box.width * channels), row * box.width * channels)
  }
  return { width: box.width, height: box.height, channels, data, region: regionOf(picture, box) }
}
