import type { Picture } from './picture.js'

/** RGB to one channel by ITU-R BT.601 luma (0.299, 0.587, 0.114), rounded; one channel stays as it is. */
export function grey(picture: Picture): Picture {
  if (picture.channels === 1) return picture
  const { data } = picture
  const luma = new Uint8Array(picture.width * picture.height)
  for (let pixel = 0, at = 0; pixel < luma.length; pixel++, at += 3) {
    luma[pixel] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]! + 0.5
  }
  return { ...picture, channels: 1, data: luma }
}

/** One channel to three equal ones; three stay as they are. */
export function repeatChannels(picture: Picture): Picture {
  if (picture.channels === 3) return picture
  const data = new Uint8Array(picture.data.length * 3)
  picture.data.forEach((value, pixel) => data.fill(value, pixel * 3, pixel * 3 + 3))
  return { ...picture, channels: 3, data }
}
