import { createRequire } from 'node:module'
import { SYNTAX, makeDicom, rampPixels, type DicomOptions } from './dicom.js'

type Context = { getEncodedBuffer(): Uint8Array }
type Encode = (context: Context, parameters?: Record<string, unknown>) => Context
type Library = {
  Context: new (fields: Record<string, unknown>) => Context
  NativeCodecs: { initializeAsync(options: object): Promise<void>; isInitialized(): boolean } & Record<'encodeJpeg' | 'encodeJpegLs' | 'encodeJpeg2000' | 'encodeHtJpeg2000', Encode>
  log: { setLevel(level: string): void }
}

const ENCODERS: Readonly<Record<string, readonly ['encodeJpeg' | 'encodeJpegLs' | 'encodeJpeg2000' | 'encodeHtJpeg2000', Record<string, unknown>]>> = {
  '1.2.840.10008.1.2.4.50': ['encodeJpeg', { lossy: true, quality: 95 }],
  '1.2.840.10008.1.2.4.51': ['encodeJpeg', { lossy: true, quality: 95 }],
  '1.2.840.10008.1.2.4.57': ['encodeJpeg', { lossy: false, predictor: 4 }],
  '1.2.840.10008.1.2.4.70': ['encodeJpeg', { lossy: false, predictor: 1 }],
  '1.2.840.10008.1.2.4.80': ['encodeJpegLs', { lossy: false }],
  '1.2.840.10008.1.2.4.81': ['encodeJpegLs', { lossy: true, allowedLossyError: 2 }],
  '1.2.840.10008.1.2.4.90': ['encodeJpeg2000', { lossy: false }],
  '1.2.840.10008.1.2.4.91': ['encodeJpeg2000', { lossy: true, rate: 5 }],
  '1.2.840.10008.1.2.4.201': ['encodeHtJpeg2000', { lossy: false }],
  '1.2.840.10008.1.2.4.202': ['encodeHtJpeg2000', { lossy: false, progressionOrder: 2 }],
  '1.2.840.10008.1.2.4.203': ['encodeHtJpeg2000', { lossy: true }]
}

export const COMPRESSED_SYNTAXES = Object.keys(ENCODERS)

async function codecs(): Promise<Library> {
  const library = createRequire(import.meta.url)('dcmjs-codecs') as Library
  library.log.setLevel('silent')
  if (!library.NativeCodecs.isInitialized()) await library.NativeCodecs.initializeAsync({})
  return library
}

/** As `makeDicom`, in any transfer syntax: the compressed ones too. */
export async function makeAnyDicom(options: DicomOptions): Promise<Buffer> {
  const encoder = ENCODERS[options.transferSyntax ?? SYNTAX.explicit]
  if (!encoder || options.encodedFrames) return makeDicom(options)
  const { Context, NativeCodecs } = await codecs()
  const pixels = options.pixels ?? rampPixels(options)
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
  const allocated = options.bitsAllocated ?? 16
  const frames = options.frames ?? 1
  const encodedFrames = Array.from({ length: frames }, (_, frame) => {
    const context = new Context({
      width: options.columns ?? 64, height: options.rows ?? 48, samplesPerPixel: options.samplesPerPixel ?? 1, bitsAllocated: allocated,
      bitsStored: options.bitsStored ?? (allocated === 16 ? 12 : allocated), pixelRepresentation: 0, planarConfiguration: 0,
      photometricInterpretation: options.samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2',
      decodedBuffer: bytes.slice((frame * bytes.length) / frames, ((frame + 1) * bytes.length) / frames)
    })
    return [Uint8Array.from(NativeCodecs[encoder[0]](context, encoder[1]).getEncodedBuffer())]
  })
  return makeDicom({ ...options, encodedFrames })
}
