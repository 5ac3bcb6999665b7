import { Worker } from 'node:worker_threads'
import { nativeFrames, withFrames, type NativeFrames } from '../dicom/codec.js'
import type { Encoding } from '../dicom/store-scu.js'
import { TRANSFER_SYNTAX } from '../dicom/uids.js'
import type { FrameToEncode } from './checked-encoding.js'
import type { Coding } from './recompress-worker.js'

/** Less than this is not worth a thread's time. */
const LEAST_BYTES = 50_000
const LONGEST_MS = 60_000
/** A thread that nobody asks for so long is ended: WebAssembly never gives back what a large film took. */
const IDLE_MS = 20_000
const CODINGS = [['jpeg-ls', TRANSFER_SYNTAX.jpegLsLossless], ['htj2k', TRANSFER_SYNTAX.htj2kLossless]] as const
type Answer = { readonly id: number; readonly encoded?: Uint8Array }

/** Compresses images losslessly in a thread of its own, which is started when first asked and may die without harm. */
export class Recompressor implements AsyncDisposable {
  private worker: Worker | undefined
  private readonly waiting = new Map<number, (encoded: Uint8Array | undefined) => void>()
  private asked = 0
  private resting: NodeJS.Timeout | undefined

  constructor(private readonly idleMs = IDLE_MS) {}

  /** The same object in codings that are smaller and give every sample back; what more viewers read comes first. */
  async smaller(file: Uint8Array): Promise<readonly Encoding[]> {
    const native = file.byteLength < LEAST_BYTES ? undefined : nativeFrames(file)
    const encodings: Encoding[] = []
    for (const [coding, transferSyntaxUid] of native ? CODINGS : []) {
      const frames = await this.encodeAll(native!, coding)
      const compressed = frames && withFrames(file, transferSyntaxUid, frames)
      if (compressed && compressed.byteLength < file.byteLength) encodings.push({ transferSyntaxUid, file: compressed })
    }
    return encodings
  }

  /** Whether a thread is kept. */
  get isWarm(): boolean {
    return this.worker !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.resting)
    await this.worker?.terminate()
  }

  private async encodeAll(native: NativeFrames, coding: Coding): Promise<Uint8Array[] | undefined> {
    const frames: Uint8Array[] = []
    for (const bytes of native.frames) {
      const encoded = await this.encode({ ...native, bytes }, coding)
      if (!encoded) return undefined
      frames.push(encoded)
    }
    return frames
  }

  private encode({ bytes, columns, rows, samples, allocated, stored }: FrameToEncode, coding: Coding): Promise<Uint8Array | undefined> {
    const worker = (this.worker ??= this.start())
    const id = (this.asked += 1)
    clearTimeout(this.resting)
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.lose(), LONGEST_MS)
      this.waiting.set(id, (encoded) => {
        clearTimeout(timer)
        this.waiting.delete(id)
        if (this.waiting.size === 0) this.resting = setTimeout(() => this.lose(), this.idleMs).unref()
        resolve(encoded)
      })
      worker.postMessage({ id, coding, frame: { bytes, columns, rows, samples, allocated, stored } })
    })
  }

  private start(): Worker {
    const worker = new Worker(new URL('./recompress-worker.js', import.meta.url), { stdin: false })
    worker.on('message', ({ id, encoded }: Answer) => this.waiting.get(id)?.(encoded))
    worker.on('error', () => this.lose())
    worker.unref()
    return worker
  }

  /** What was asked is answered with "no"; the next question starts another thread. */
  private lose(): void {
    void this.worker?.terminate()
    this.worker = undefined
    for (const answer of [...this.waiting.values()]) answer(undefined)
  }
}
