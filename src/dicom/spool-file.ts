import { open, rm, type FileHandle } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { createFingerprint, type Fingerprint } from '../platform/fingerprint.js'

export type SpoolOutcome = 'complete' | 'too-large' | 'disk-full' | 'failed'
type Source = { pause(): unknown; resume(): unknown }
type Chunk = { chunk: Buffer; encoding: BufferEncoding }

const PAUSE_BYTES = 2 * 1024 * 1024
const RESUME_BYTES = 1024 * 1024
const LOOK_EVERY_BYTES = 8 * 1024 * 1024

/**
 * A Part 10 file that grows with the association's fragments. It never reports "full" to dcmjs-dimse, which
 * waits for `drain` in the first PDU only and would let later ones overtake; it pauses the socket instead.
 * Trouble with the disk is kept as the outcome, and the rest of the object is swallowed so that it can be answered.
 */
export class SpoolFile extends Writable {
  readonly finished: Promise<SpoolOutcome>
  bytes = 0
  private readonly fingerprint: ReturnType<typeof createFingerprint>
  private outcome: SpoolOutcome = 'complete'
  private handle: FileHandle | undefined
  private paused = false
  private lookAt = 0
  private settle: (outcome: SpoolOutcome) => void = () => undefined

  constructor(readonly path: string, private readonly options: { head: Buffer; maxBytes: number; source: Source; hasRoomFor?: ((bytes: number) => Promise<boolean>) | undefined }) {
    super({ highWaterMark: 2 ** 31 })
    this.fingerprint = createFingerprint(options.head.length)
    this.fingerprint.update(options.head)
    this.finished = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  /** Before the data set begins. */
  get headBytes(): number { return this.options.head.length }

  /** Of the whole file, and of the data set alone. Once, when it is finished. */
  hashes(): Fingerprint { return this.fingerprint.digest() }

  override write(chunk: Buffer): boolean {
    super.write(chunk)
    if (!this.paused && this.writableLength > PAUSE_BYTES) {
      this.paused = true
      this.options.source.pause()
    }
    return true
  }

  override _construct(callback: () => void): void {
    void this.attempt(async () => {
      this.handle = await open(this.path, 'wx', 0o600)
      await this.handle.write(this.options.head)
    }).then(callback)
  }

  override _writev(chunks: Chunk[], callback: () => void): void {
    void this.attempt(() => this.append(chunks.map(({ chunk }) => chunk))).then(() => {
      callback()
      this.resumeSource()
    })
  }

  override _final(callback: () => void): void {
    void this.attempt(async () => this.handle?.close()).then(() => {
      callback()
      this.settle(this.outcome)
    })
  }

  /** Closes and removes what was written, for an association that broke off. */
  async discard(): Promise<void> {
    this.outcome = 'failed'
    if (!this.writableEnded) this.end()
    await this.finished
    await rm(this.path, { force: true })
  }

  private async append(chunks: Buffer[]): Promise<void> {
    this.bytes += chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (this.bytes > this.options.maxBytes && this.outcome === 'complete') this.outcome = 'too-large'
    if (this.outcome === 'complete' && !(await this.hasRoom())) this.outcome = 'disk-full'
    if (this.outcome !== 'complete') return
    const batch = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
    const written = this.handle?.appendFile(batch)
    this.fingerprint.update(batch)
    await written
  }

  /** At the start and every few megabytes: an object must not eat the reserve before it is refused. */
  private async hasRoom(): Promise<boolean> {
    if (this.bytes < this.lookAt) return true
    this.lookAt = this.bytes + LOOK_EVERY_BYTES
    return (await this.options.hasRoomFor?.(0)) ?? true
  }

  /** Only after the stream was told that a batch is written does its length go down. */
  private resumeSource(): void {
    if (!this.paused || this.writableLength > RESUME_BYTES) return
    this.paused = false
    this.options.source.resume()
  }

  private async attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      this.outcome = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'failed'
    }
  }
}
