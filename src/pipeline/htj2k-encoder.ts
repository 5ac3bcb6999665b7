import { encodeChecked, lazyCodec, type Decoder, type Encoder, type FrameToEncode } from './checked-encoding.js'

type OpenJph = { readonly HTJ2KEncoder: new () => Encoder & { setQuality(reversible: boolean, quantizationStep: number): void }; readonly HTJ2KDecoder: new () => Decoder }

const openJph = lazyCodec<OpenJph>('@cornerstonejs/codec-openjph')

/** High-throughput JPEG 2000, reversible and without a colour transform (ISO 15444-15); see `encodeChecked`. */
export async function encodeHtj2k(frame: FrameToEncode): Promise<Uint8Array | undefined> {
  const { HTJ2KEncoder, HTJ2KDecoder } = await openJph()
  const encoder = new HTJ2KEncoder()
  encoder.setQuality(true, 0)
  return encodeChecked(frame, encoder, new HTJ2KDecoder())
}
