import { createRequire } from 'node:module'

/** The common face of the Cornerstone codecs' decoder objects (embind; memory is freed by `delete`). */
export type WasmDecoder = {
  getEncodedBuffer(length: number): Uint8Array
  getDecodedBuffer(): Uint8Array
  decode(): void
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number }
  getInterleaveMode?(): number
  delete(): void
}
type Module = Record<string, new () => WasmDecoder>
type Factory = (options?: Record<string, unknown>) => Promise<Module>
export type CodecName = { readonly packagePath: string; readonly className: string }

const modules = new Map<string, Promise<Module>>()
const require = createRequire(import.meta.url)

/**
 * Decodes with a codec package, loaded once at first use and kept silent; `read` copies what it needs.
 * After an error the module is dropped: its C++ memory is not unwound, and a hundred damaged images would exhaust it.
 */
export async function decodeWithWasm<T>(codec: CodecName, bytes: Buffer, read: (decoder: WasmDecoder) => T): Promise<T> {
  const { packagePath, className } = codec
  const loading = modules.get(packagePath) ?? (require(packagePath) as Factory)({ print: () => undefined, printErr: () => undefined })
  modules.set(packagePath, loading)
  try {
    const Decoder = (await loading)[className]
    if (!Decoder) throw new Error(`${packagePath} has no ${className}`)
    const decoder = new Decoder()
    decoder.getEncodedBuffer(bytes.length).set(bytes)
    decoder.decode()
    const result = read(decoder)
    decoder.delete()
    return result
  } catch (error) {
    modules.delete(packagePath)
    throw error
  }
}

/** The decoded samples, copied out of the codec's memory (which `delete` frees). */
export function copyDecoded(decoder: WasmDecoder): Uint8Array {
  const view = decoder.getDecodedBuffer()
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
}
