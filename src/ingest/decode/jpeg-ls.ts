import { checkDimensions, type ImageModule } from './image-module.js'
import { readJpegHeader } from './jpeg-header.js'
import type { DecodeLimits } from './limits.js'
import { fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'
import { copyDecoded, wasmDecoder } from './wasm-codecs.js'

/** JPEG-LS, lossless and near-lossless (ISO 14495-1), by CharLS. */
export async function decodeJpegLs(bytes: Buffer, image: ImageModule, limits: DecodeLimits): Promise<RawFrame> {
  const header = readJpegHeader(bytes)
  checkDimensions(header.columns, header.rows, limits)
  const decoder = await wasmDecoder('@cornerstonejs/codec-charls/decodewasmjs', 'JpegLSDecoder')
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes)
    decoder.decode()
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo()
    if (componentCount !== 1 && componentCount !== 3) fail(PROBLEMS.damagedPixels)
    const planar = componentCount === 3 && decoder.getInterleaveMode?.() === 0
    const allocated = bitsPerSample > 8 ? 16 : 8
    return { columns: width, rows: height, samples: componentCount, allocated, planar, photometric: image.photometric, bytes: copyDecoded(decoder) }
  } finally {
    decoder.delete()
  }
}
