import { encodeChecked, lazyCodec, type Decoder, type Encoder, type FrameToEncode } from './checked-encoding.js'

type Charls = { readonly JpegLSEncoder: new () => Encoder & { setNearLossless(steps: number): void; setInterleaveMode(mode: number): void }; readonly JpegLSDecoder: new () => Decoder }

/** Samples of a pixel side by side, as they lie in the object. */
const BY_SAMPLE = 2
const charls = lazyCodec<Charls>('@cornerstonejs/codec-charls')

/** JPEG-LS, lossless (ISO 14495-1); see `encodeChecked`. */
export async function encodeJpegLs(frame: FrameToEncode): Promise<Uint8Array | undefined> {
  const { JpegLSEncoder, JpegLSDecoder } = await charls()
  const encoder = new JpegLSEncoder()
  encoder.setNearLossless(0)
  encoder.setInterleaveMode(frame.samples === 1 ? 0 : BY_SAMPLE)
  return encodeChecked(frame, encoder, new JpegLSDecoder())
}
