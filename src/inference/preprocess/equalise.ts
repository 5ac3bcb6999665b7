import type { Picture } from './picture.js'

/** Pixels that count: all, or those whose average of the channels is above `threshold`. */
function maskOf(picture: Picture, options: { mask: 'field-of-view' | 'all'; threshold: number }): Uint8Array {
  const { channels, data } = picture
  const mask = new Uint8Array(picture.width * picture.height)
  if (options.mask === 'all') return mask.fill(1)
  for (let pixel = 0; pixel < mask.length; pixel++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += data[pixel * channels + channel]!
    mask[pixel] = sum > options.threshold * channels ? 1 : 0
  }
  return mask
}

/** The lookup table of Pillow's `ImageOps.equalize` for one histogram of 256 bins; undefined when it would change nothing. */
export function equalisingTable(histogram: Uint32Array): Uint8Array | undefined {
  const filled = histogram.filter((count) => count > 0)
  const total = filled.reduce((sum, count) => sum + count, 0)
  const step = filled.length < 2 ? 0 : Math.floor((total - filled.at(-1)!) / 255)
  if (step === 0) return undefined
  const table = new Uint8Array(256)
  let sum = Math.floor(step / 2)
  for (let value = 0; value < 256; value++) {
    table[value] = Math.min(255, Math.floor(sum / step))
    sum += histogram[value]!
  }
  return table
}

/**
 * RGB, and behind it the same three channels equalised: networks that look at either then share one input.
 * @throws RangeError when the picture has not three channels
 */
export function addEqualised(picture: Picture, options: { mask: 'field-of-view' | 'all'; threshold: number }): Picture {
  if (picture.channels !== 3) throw new RangeError(`add-equalised: the picture has ${picture.channels} channels and it takes 3; add 'repeat-channels' before it`)
  const behind = equalise(picture, options).data
  const data = new Uint8Array(picture.data.length * 2)
  for (let from = 0, to = 0; from < behind.length; from += 3, to += 6) {
    data.set(picture.data.subarray(from, from + 3), to)
    data.set(behind.subarray(from, from + 3), to + 3)
  }
  return { ...picture, channels: 6, data }
}

/** Histogram equalisation channel by channel; the histogram counts the masked pixels, the table is applied to all. */
export function equalise(picture: Picture, options: { mask: 'field-of-view' | 'all'; threshold: number }): Picture {
  const { channels } = picture
  const mask = maskOf(picture, options)
  const data = Uint8Array.from(picture.data)
  for (let channel = 0; channel < channels; channel++) {
    const histogram = new Uint32Array(256)
    for (let pixel = 0; pixel < mask.length; pixel++) if (mask[pixel]) histogram[data[pixel * channels + channel]!]!++
    const table = equalisingTable(histogram)
    if (!table) continue
    for (let at = channel; at < data.length; at += channels) data[at] = table[data[at]!]!
  }
  return { ...picture, data }
}
