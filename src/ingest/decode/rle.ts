import type { ImageModule } from './image-module.js'
import { fail, PROBLEMS } from './problems.js'
import type { RawFrame } from './raw-frame.js'

/** RLE Lossless (PS3.5 annex G): one PackBits segment for each byte plane, most significant byte first. */
export async function decodeRle(bytes: Buffer, image: ImageModule): Promise<RawFrame> {
  const sampleBytes = Math.max(1, image.allocated / 8)
  const stride = image.samples * sampleBytes
  const pixels = image.columns * image.rows
  if (bytes.length < 64 || bytes.readUInt32LE(0) !== stride) fail(PROBLEMS.damagedPixels)
  const out = new Uint8Array(pixels * stride)
  for (let segment = 0; segment < stride; segment++) {
    const start = bytes.readUInt32LE(4 + segment * 4)
    const next = segment + 1 < stride ? bytes.readUInt32LE(8 + segment * 4) : bytes.length
    const sample = Math.floor(segment / sampleBytes)
    const byte = sampleBytes - 1 - (segment % sampleBytes)
    const written = unpack(bytes.subarray(start, Math.max(start, next)), { out, offset: sample * sampleBytes + byte, stride, pixels })
    if (written < pixels) fail(PROBLEMS.damagedPixels)
  }
  return { columns: image.columns, rows: image.rows, samples: image.samples, allocated: image.allocated, planar: false, photometric: image.photometric, bytes: out }
}

type Plane = { readonly out: Uint8Array; readonly offset: number; readonly stride: number; readonly pixels: number }

/** Writes one byte plane into every `stride`-th byte; gives how many pixels were written. */
function unpack(source: Buffer, { out, offset, stride, pixels }: Plane): number {
  let at = 0
  let pixel = 0
  while (at < source.length && pixel < pixels) {
    const control = source[at++] as number
    if (control === 128) continue
    const literal = control < 128
    const count = Math.min(literal ? control + 1 : 257 - control, pixels - pixel)
    if (literal && at + count > source.length) return pixel
    for (let i = 0; i < count; i++) out[(pixel + i) * stride + offset] = source[literal ? at + i : at] ?? 0
    at += literal ? control + 1 : 1
    pixel += count
  }
  return pixel
}
