import { checkDimensions, type ImageModule } from './image-module.js'
import type { DecodeLimits } from './limits.js'
import { fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'
import { copyDecoded, decodeWithWasm, type CodecName } from './wasm-codecs.js'

type Size = { columns: number; rows: number; components: number; precision: number }

/** Image and tile size marker (ITU-T T.800 A.5.1); some devices wrap the codestream into a JP2 file. */
function readSize(bytes: Buffer): { stream: Buffer; size: Size } {
  const start = bytes.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]))
  if (start < 0 || start + 45 > bytes.length) fail(PROBLEMS.damagedPixels)
  const at = start + 8
  return {
    stream: start > 0 ? bytes.subarray(start) : bytes,
    size: {
      columns: bytes.readUInt32BE(at) - bytes.readUInt32BE(at + 8), rows: bytes.readUInt32BE(at + 4) - bytes.readUInt32BE(at + 12),
      components: bytes.readUInt16BE(at + 32), precision: ((bytes[at + 34] ?? 0) & 0x7f) + 1
    }
  }
}

async function decodeWith(codec: CodecName, bytes: Buffer, image: ImageModule, limits: DecodeLimits): Promise<RawFrame> {
  const { stream, size } = readSize(bytes)
  checkDimensions(size.columns, size.rows, limits)
  if ((size.components !== 1 && size.components !== 3) || size.precision > 16) fail(PROBLEMS.damagedPixels)
  return decodeWithWasm(codec, stream, (decoder) => {
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo()
    const allocated = bitsPerSample > 8 ? 16 : 8
    const decoded = copyDecoded(decoder)
    if (width !== size.columns || height !== size.rows || decoded.length < (width * height * componentCount * allocated) / 8) fail(PROBLEMS.damagedPixels)
    return { columns: width, rows: height, samples: componentCount === 3 ? 3 : 1, allocated, planar: false, photometric: afterTransform(image.photometric), bytes: decoded }
  })
}

/** The codestream's own component transform has given RGB back (PS3.5 8.2.4). */
const afterTransform = (photometric: string): string => (photometric === 'YBR_RCT' || photometric === 'YBR_ICT' ? 'RGB' : photometric)

/** JPEG 2000 by OpenJPEG. */
export const decodeJpeg2000 = (bytes: Buffer, image: ImageModule, limits: DecodeLimits): Promise<RawFrame> =>
  decodeWith({ packagePath: '@cornerstonejs/codec-openjpeg/decodewasmjs', className: 'J2KDecoder' }, bytes, image, limits)

/** High-throughput JPEG 2000 by OpenJPH. */
export const decodeHtj2k = (bytes: Buffer, image: ImageModule, limits: DecodeLimits): Promise<RawFrame> =>
  decodeWith({ packagePath: '@cornerstonejs/codec-openjph', className: 'HTJ2KDecoder' }, bytes, image, limits)
