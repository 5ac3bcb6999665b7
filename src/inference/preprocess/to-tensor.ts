import type { Picture } from './picture.js'

/** Interleaved 8 bit to planar float32 (one image of an NCHW batch): (value - mean[c]) / std[c]. */
export function toTensor(picture: Picture, options: { mean: readonly number[]; std: readonly number[] }): Float32Array {
  const { channels } = picture
  if (options.mean.length !== channels || options.std.length !== channels) {
    throw new RangeError(`to-tensor: the picture has ${channels} channels, the manifest gives ${options.mean.length} means; add 'grey' or 'repeat-channels' before it`)
  }
  const plane = picture.width * picture.height
  const tensor = new Float32Array(plane * channels)
  for (let channel = 0; channel < channels; channel++) {
    const mean = options.mean[channel]!
    const scale = 1 / options.std[channel]!
    for (let pixel = 0; pixel < plane; pixel++) tensor[channel * plane + pixel] = (picture.data[pixel * channels + channel]! - mean) * scale
  }
  return tensor
}
