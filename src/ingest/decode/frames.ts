import { frameParts, type OpenedObject } from '../../dicom/codec.js'
import { codecOf, LOSSY_SYNTAXES, NATIVE_SYNTAXES } from './codecs.js'
import { frameBytes, type ImageModule } from './image-module.js'
import { hasEndOfImage } from './jpeg-header.js'
import type { DecodeLimits } from './limits.js'
import { fail, PROBLEMS, unsupportedSyntax } from './problems.js'
import type { RawFrame } from './raw-frame.js'

/** The frames that are there, each decoded when asked for. */
export type FrameSource = { readonly count: number; read(index: number): Promise<RawFrame> }

/** Uncompressed frames by position, compressed ones by their fragments and the codec of the transfer syntax. */
export async function frameSource(object: OpenedObject, image: ImageModule, limits: DecodeLimits): Promise<FrameSource> {
  const encapsulated = object.pixelData?.declared === 0xffffffff
  if (!encapsulated) return nativeSource(object, image)
  const { frames, truncated, cut } = frameParts(object, image.frames)
  if (frames.length === 0) fail(truncated ? PROBLEMS.truncated : PROBLEMS.damagedPixels)
  const codec = codecOf(object.transferSyntaxUid, frames[0] ?? Buffer.alloc(0)) ?? fail(unsupportedSyntax(object.transferSyntaxUid))
  const last = frames.length - 1
  return {
    count: Math.min(frames.length, image.frames),
    async read(index) {
      const bytes = frames[index] ?? fail(PROBLEMS.truncated)
      if (cut && index === last && !hasEndOfImage(bytes)) fail(PROBLEMS.truncated)
      try {
        return { ...await codec(bytes, image, limits), lossy: LOSSY_SYNTAXES.has(object.transferSyntaxUid) }
      } catch (error) {
        if (truncated && index === last) fail(PROBLEMS.truncated)
        throw error
      }
    }
  }
}

function nativeSource(object: OpenedObject, image: ImageModule): FrameSource {
  if (object.transferSyntaxUid !== '' && !NATIVE_SYNTAXES.has(object.transferSyntaxUid) && !codecOf(object.transferSyntaxUid, Buffer.alloc(0))) fail(unsupportedSyntax(object.transferSyntaxUid))
  const { dataSet, pixelData } = object
  const size = frameBytes(image)
  const available = pixelData?.length ?? 0
  // One byte may be missing: odd lengths are written without their padding by some devices.
  const complete = Math.min(image.frames, Math.floor((available + (image.frames * size) % 2) / size))
  if (complete === 0) fail(PROBLEMS.truncated)
  const swapped = dataSet.encoding.bigEndian && (image.allocated > 8 || pixelData?.vr === 'OW')
  return {
    count: complete,
    read: async (index) => {
      const start = (pixelData?.offset ?? 0) + index * size
      const bytes = dataSet.bytes.subarray(start, start + size)
      return { ...rawShape(image), bytes: swapped ? swap(bytes, image.allocated) : bytes }
    }
  }
}

function rawShape(image: ImageModule): Omit<RawFrame, 'bytes'> {
  return { columns: image.columns, rows: image.rows, samples: image.samples, allocated: image.allocated, planar: image.planar, photometric: image.photometric }
}

function swap(bytes: Buffer, allocated: number): Uint8Array {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % (allocated === 32 ? 4 : 2))))
  return allocated === 32 ? copy.swap32() : copy.swap16()
}
