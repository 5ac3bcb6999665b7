import { inflateRawSync } from 'node:zlib'
import { frameBytes, type ImageModule } from './image-module.js'
import { fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'

/** Deflated Image Frame Compression (PS3.5 A.4.14): an uncompressed frame, deflated; never more than its size. */
export async function decodeDeflatedFrame(bytes: Buffer, image: ImageModule): Promise<RawFrame> {
  const size = frameBytes(image)
  const inflated = inflateRawSync(bytes, { maxOutputLength: size + 64 })
  if (inflated.length < size) fail(PROBLEMS.damagedPixels)
  const { columns, rows, samples, allocated, planar, photometric } = image
  return { columns, rows, samples, allocated, planar, photometric, bytes: inflated.subarray(0, size) }
}
