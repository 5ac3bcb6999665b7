import { crc32 } from 'node:zlib'

/** The byte layout of docs/serial-digitizer.md, section 2: header of 12 bytes, payload, CRC-32 of header and payload. */
export const HEADER_BYTES = 12
const TRAILER_BYTES = 4
/** 16,384 samples of two bytes and the 12 bytes before them. */
export const MAX_PAYLOAD_BYTES = 32_780
export const MAX_FRAME_BYTES = HEADER_BYTES + MAX_PAYLOAD_BYTES + TRAILER_BYTES
const SYNC = Buffer.from([0xa5, 0x5a])

/** `tag` ties a reply to its command; 0 when nobody asked. `payload` is a view into the decoder's buffer: used before the next `received`. */
export type Frame = { readonly type: number; readonly tag: number; readonly payload: Buffer }

/** One frame as bytes for the line. @throws RangeError when the payload is longer than a frame may carry */
export function encodeFrame(type: number, tag: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError(`A frame carries at most ${MAX_PAYLOAD_BYTES} bytes; got ${payload.length}`)
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length + TRAILER_BYTES)
  SYNC.copy(bytes)
  bytes.writeUInt8(type, 2)
  bytes.writeUInt8(0, 3)
  bytes.writeUInt16LE(tag, 4)
  bytes.writeUInt16LE(payload.length, 6)
  const headerCrc = crc32(bytes.subarray(0, 8))
  bytes.writeUInt32LE(headerCrc, 8)
  bytes.set(payload, HEADER_BYTES)
  bytes.writeUInt32LE(crc32(payload, headerCrc), bytes.length - TRAILER_BYTES)
  return bytes
}

/**
 * Finds frames in a stream of bytes, whatever stands between them. Owns one buffer of fixed size: the port reads into
 * `space()`, `received()` gives the frames found as views of that buffer, so a line is copied once, to its place in the image.
 */
export class FrameDecoder {
  readonly #buffer: Buffer
  #start = 0
  #end = 0
  /** Bytes thrown away because they belonged to no valid frame. */
  noiseBytes = 0
  /** Whole headers whose frame failed its checksum or never ended. */
  badFrames = 0
  goodFrames = 0

  /** @param capacity bytes of memory, at least two frames of the largest size */
  constructor(capacity = 8 * MAX_FRAME_BYTES) {
    this.#buffer = Buffer.allocUnsafe(Math.max(capacity, 2 * MAX_FRAME_BYTES))
  }

  /** Where the next bytes go; never empty. Frames given before are void from here on. */
  space(): { readonly buffer: Buffer; readonly offset: number; readonly length: number } {
    if (this.#start === this.#end) this.#start = this.#end = 0
    if (this.#buffer.length - this.#end < MAX_FRAME_BYTES) {
      this.#buffer.copyWithin(0, this.#start, this.#end)
      this.#end -= this.#start
      this.#start = 0
    }
    return { buffer: this.#buffer, offset: this.#end, length: this.#buffer.length - this.#end }
  }

  /** `count` bytes were put into `space()`; the whole frames among them. */
  received(count: number): Frame[] {
    this.#end += count
    return this.#scan()
  }

  /** True while a frame has begun and not ended. */
  get partial(): boolean { return this.#end > this.#start }

  /** The bytes paused too long: what was begun is void, and a frame hidden behind it comes out. */
  expire(): Frame[] {
    const frames: Frame[] = []
    while (this.partial) {
      this.badFrames += 1
      this.#discard(1)
      frames.push(...this.#scan())
    }
    return frames
  }

  #scan(): Frame[] {
    const frames: Frame[] = []
    while (this.#seekSync()) {
      if (this.#end - this.#start < HEADER_BYTES) break
      const length = this.#payloadLength()
      if (length === undefined) { this.#discard(1); continue }
      const total = HEADER_BYTES + length + TRAILER_BYTES
      if (this.#end - this.#start < total) break
      const bytes = this.#buffer.subarray(this.#start, this.#start + total)
      const payload = bytes.subarray(HEADER_BYTES, -TRAILER_BYTES)
      if (crc32(payload, bytes.readUInt32LE(8)) !== bytes.readUInt32LE(total - TRAILER_BYTES)) {
        this.badFrames += 1
        this.#discard(1)
        continue
      }
      frames.push({ type: bytes.readUInt8(2), tag: bytes.readUInt16LE(4), payload })
      this.goodFrames += 1
      this.#start += total
    }
    return frames
  }

  /** Moves the start to the next sync pattern, or to a last byte that could begin one. */
  #seekSync(): boolean {
    const held = this.#buffer.subarray(this.#start, this.#end)
    const at = held.indexOf(SYNC)
    if (at >= 0) { this.#discard(at); return true }
    this.#discard(held.length - (held.at(-1) === SYNC[0] ? 1 : 0))
    return false
  }

  /** Of the header at the start; undefined when it is no valid header. */
  #payloadLength(): number | undefined {
    const header = this.#buffer.subarray(this.#start, this.#start + HEADER_BYTES)
    if (crc32(header.subarray(0, 8)) !== header.readUInt32LE(8) || header[3] !== 0) return undefined
    const length = header.readUInt16LE(6)
    return length <= MAX_PAYLOAD_BYTES ? length : undefined
  }

  #discard(count: number): void {
    this.#start += count
    this.noiseBytes += count
  }
}
