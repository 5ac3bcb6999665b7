import { createRequire } from 'node:module'
import { fail, PROBLEMS } from './problems.js'

type Shape = { readonly columns: number; readonly rows: number; readonly samples: number; readonly allocated: number; readonly stored: number }
type Context = { getDecodedBuffer(): Uint8Array | undefined }
type Library = {
  Context: new (fields: Record<string, unknown>) => Context
  NativeCodecs: {
    initializeAsync(options: { logCodecsInfo: boolean }): Promise<void>
    release(): void
    decodeJpeg(context: Context, options: { convertColorspaceToRgb: boolean }): Context
  }
  log: { setLevel(level: string): void }
}

let library: Promise<Library> | undefined

/** Loaded at first use only: most images need no WebAssembly, and a start must stay quick. */
async function load(): Promise<Library> {
  const loaded = createRequire(import.meta.url)('dcmjs-codecs') as Library
  loaded.log.setLevel('silent')
  await loaded.NativeCodecs.initializeAsync({ logCodecsInfo: false })
  return loaded
}

/**
 * Decodes one JPEG frame of 2..16 bits, lossy or lossless, to interleaved little endian samples; colours are
 * left as they are. After an error the module is dropped, because WebAssembly that trapped cannot be trusted.
 */
export async function decodeWithLibjpeg(bytes: Buffer, shape: Shape): Promise<Uint8Array> {
  const { Context, NativeCodecs } = await (library ??= load())
  const context = new Context({
    width: shape.columns, height: shape.rows, samplesPerPixel: shape.samples, bitsAllocated: shape.allocated, bitsStored: shape.stored,
    pixelRepresentation: 0, planarConfiguration: 0, photometricInterpretation: shape.samples === 3 ? 'RGB' : 'MONOCHROME2', encodedBuffer: bytes
  })
  try {
    const decoded = NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: false }).getDecodedBuffer()
    if (!decoded || decoded.length < (shape.columns * shape.rows * shape.samples * shape.allocated) / 8) fail(PROBLEMS.damagedPixels)
    return new Uint8Array(decoded.buffer, decoded.byteOffset, decoded.byteLength)
  } catch (error) {
    library = undefined
    NativeCodecs.release()
    throw error
  }
}
