import { checkDimensions, type ImageModule } from './image-module.js'
import { hasEndOfImage, readJpegHeader } from './jpeg-header.js'
import type { DecodeLimits } from './limits.js'
import { fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'
import { copyDecoded, decodeWithWasm } from './wasm-codecs.js'

const CHARLS = { packagePath: '@cornerstonejs/codec-charls/decodewasmjs', className: 'JpegLSDecoder' } as const

/**
 * JPEG-LS, lossless and near-lossless (ISO 14495-1), by CharLS. A stream without its end is refused first:
 * CharLS counts bits past it for many seconds before it notices.
 */
export async function decodeJpegLs(bytes: Buffer, image: ImageModule, limits: DecodeLimits): Promise<RawFrame> {
  const header = readJpegHeader(bytes)
  checkDimensions(header.columns, header.rows, limits)
  if (!hasEndOfImage(bytes)) fail(PROBLEMS.truncated)
  return decodeWithWasm(CHARLS, bytes, (decoder) => {
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo()
    if (componentCount !== 1 && componentCount !== 3) fail(PROBLEMS.damagedPixels)
    const planar = componentCount === 3 && decoder.getInterleaveMode?.() === 0
    const allocated = bitsPerSample > 8 ? 16 : 8
    const samples = copyDecoded(decoder)
    if (samples.length < (width * height * componentCount * allocated) / 8) fail(PROBLEMS.damagedPixels)
    return { columns: width, rows: height, samples: componentCount, allocated, planar, photometric: image.photometric, bytes: samples }
  })
}
