import { createRequire } from 'node:module'

/** The common face of the Cornerstone codecs' decoder objects (embind; memory is freed by `delete`). */
export type WasmDecoder = {
  getEncodedBuffer(length: number): Uint8Array
  getDecodedBuffer(): Uint8Array
  decode(): void
  readHeader?(): void
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned?: boolean }
  getInterleaveMode?(): number
  delete(): void
}
type Module = Record<string, new () => WasmDecoder>
type Factory = (options?: Record<string, unknown>) => Promise<Module>

const modules = new Map<string, Promise<Module>>()
const require = createRequire(import.meta.url)

/** A fresh decoder of a codec package; the package is loaded once, at first use, and kept silent. */
export async function wasmDecoder(packagePath: string, className: string): Promise<WasmDecoder> {
  const loading = modules.get(packagePath) ?? (require(packagePath) as Factory)({ print: () => undefined, printErr: () => undefined })
  modules.set(packagePath, loading)
  const Decoder = (await loading)[className]
  if (!Decoder) throw new Error(`${packagePath} has no ${className}`)
  return new Decoder()
}

/** The decoded samples, copied out of the codec's memory (which `delete` frees). */
export function copyDecoded(decoder: WasmDecoder): Uint8Array {
  const view = decoder.getDecodedBuffer()
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
}
