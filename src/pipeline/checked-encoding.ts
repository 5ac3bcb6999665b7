import { createRequire } from 'node:module'

export type FrameToEncode = { readonly bytes: Uint8Array; readonly columns: number; readonly rows: number; readonly samples: number; readonly allocated: number; readonly stored: number }

type Shape = { readonly width: number; readonly height: number; readonly bitsPerSample: number; readonly componentCount: number; readonly isSigned: false; readonly isUsingColorTransform: false }
type Codec = { delete(): void; getDecodedBuffer(shape?: Shape): Uint8Array; getEncodedBuffer(length?: number): Uint8Array }
export type Encoder = Codec & { encode(): void }
export type Decoder = Codec & { decode(): void }

/** One of Cornerstone's codecs compiled to WebAssembly, loaded when first asked for; silent on the console. */
export function lazyCodec<T>(name: string): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= (createRequire(import.meta.url)(name) as (options: Record<string, unknown>) => Promise<T>)({ print: () => undefined, printErr: () => undefined }))
}

/** Encodes a frame without loss, decodes it again and compares: undefined unless every sample comes back. Both codecs are freed. Not for the event loop. */
export function encodeChecked(frame: FrameToEncode, encoder: Encoder, decoder: Decoder): Uint8Array | undefined {
  const { bytes, columns, rows, samples, allocated, stored } = frame
  try {
    const bitsPerSample = allocated === 8 ? 8 : Math.max(9, stored)
    encoder.getDecodedBuffer({ width: columns, height: rows, bitsPerSample, componentCount: samples, isSigned: false, isUsingColorTransform: false }).set(bytes)
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
