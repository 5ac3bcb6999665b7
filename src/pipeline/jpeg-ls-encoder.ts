import { createRequire } from 'node:module'

export type FrameToEncode = { readonly bytes: Uint8Array; readonly columns: number; readonly rows: number; readonly samples: number; readonly allocated: number; readonly stored: number }

type Shape = { readonly width: number; readonly height: number; readonly bitsPerSample: number; readonly componentCount: number }
type Codec = { delete(): void; getDecodedBuffer(shape?: Shape): Uint8Array; getEncodedBuffer(length?: number): Uint8Array }
type Encoder = Codec & { setNearLossless(steps: number): void; setInterleaveMode(mode: number): void; encode(): void }
type Decoder = Codec & { decode(): void }
type Charls = { readonly JpegLSEncoder: new () => Encoder; readonly JpegLSDecoder: new () => Decoder }

/** Samples of a pixel side by side, as they lie in the object. */
const BY_SAMPLE = 2
let loading: Promise<Charls> | undefined

/** JPEG-LS, lossless (ISO 14495-1), decoded again and compared: undefined unless every sample comes back. Slow; not for the event loop. */
export async function encodeJpegLs({ bytes, columns, rows, samples, allocated, stored }: FrameToEncode): Promise<Uint8Array | undefined> {
  loading ??= (createRequire(import.meta.url)('@cornerstonejs/codec-charls') as (options: Record<string, unknown>) => Promise<Charls>)({ print: () => undefined, printErr: () => undefined })
  const { JpegLSEncoder, JpegLSDecoder } = await loading
  const [encoder, decoder] = [new JpegLSEncoder(), new JpegLSDecoder()]
  try {
    encoder.getDecodedBuffer({ width: columns, height: rows, bitsPerSample: allocated === 8 ? 8 : Math.max(9, stored), componentCount: samples }).set(bytes)
    encoder.setNearLossless(0)
    encoder.setInterleaveMode(samples === 1 ? 0 : BY_SAMPLE)
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
