import { createRequire } from 'node:module'
import type { FrameToEncode } from './jpeg-ls-encoder.js'

type Shape = { readonly width: number; readonly height: number; readonly bitsPerSample: number; readonly componentCount: number; readonly isSigned: false; readonly isUsingColorTransform: false }
type Codec = { delete(): void; getDecodedBuffer(shape?: Shape): Uint8Array; getEncodedBuffer(length?: number): Uint8Array }
type Encoder = Codec & { setQuality(reversible: boolean, quantizationStep: number): void; encode(): void }
type Decoder = Codec & { decode(): void }
type OpenJph = { readonly HTJ2KEncoder: new () => Encoder; readonly HTJ2KDecoder: new () => Decoder }

let loading: Promise<OpenJph> | undefined

/**
 * High-throughput JPEG 2000, reversible and without a colour transform (ISO 15444-15), decoded again and compared: undefined unless every sample
 * comes back. Not for the event loop.
 */
export async function encodeHtj2k({ bytes, columns, rows, samples, allocated, stored }: FrameToEncode): Promise<Uint8Array | undefined> {
  loading ??= (createRequire(import.meta.url)('@cornerstonejs/codec-openjph') as (options: Record<string, unknown>) => Promise<OpenJph>)({ print: () => undefined, printErr: () => undefined })
  const { HTJ2KEncoder, HTJ2KDecoder } = await loading
  const [encoder, decoder] = [new HTJ2KEncoder(), new HTJ2KDecoder()]
  try {
    const bitsPerSample = allocated === 8 ? 8 : Math.max(9, stored)
    encoder.getDecodedBuffer({ width: columns, height: rows, bitsPerSample, componentCount: samples, isSigned: false, isUsingColorTransform: false }).set(bytes)
    encoder.setQuality(true, 0)
    encoder.encode()
    const encoded = Uint8Array.from(encoder.getEncodedBuffer())
    decoder.getEncodedBuffer(encoded.length).set(encoded)
    decoder.decode()
    const { buffer, byteOffset, byteLength } = decoder.getDecodedBuffer()
    return Buffer.compare(new Uint8Array(buffer, byteOffset, byteLength), bytes) === 0 ? encoded : undefined
  } finally {
    encoder.delete()
    decoder.delete()
  }
}
