import type { Pdu } from './pdu.js'

const HEADER_BYTES = 6

/** Cuts a byte stream into PDUs. Throws RangeError at one that announces more than `maxBytes`: it is not collected. */
export class PduReader {
  private chunks: Buffer[] = []
  private bytes = 0

  constructor(private readonly maxBytes: number) {}

  /** PDUs that are complete with this chunk. */
  push(chunk: Buffer): Pdu[] {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    const complete: Pdu[] = []
    for (let next = this.next(); next; next = this.next()) complete.push(next)
    return complete
  }

  private next(): Pdu | undefined {
    if (this.bytes < HEADER_BYTES) return undefined
    const head = this.peek(HEADER_BYTES)
    const length = head.readUInt32BE(2)
    if (length > this.maxBytes) throw new RangeError(`A PDU announced ${length} bytes.`)
    if (this.bytes < HEADER_BYTES + length) return undefined
    const all = this.peek(this.bytes)
    this.bytes -= HEADER_BYTES + length
    this.chunks = this.bytes > 0 ? [all.subarray(HEADER_BYTES + length)] : []
    return { type: head.readUInt8(0), body: all.subarray(HEADER_BYTES, HEADER_BYTES + length) }
  }

  private peek(bytes: number): Buffer {
    if ((this.chunks[0]?.length ?? 0) < bytes) this.chunks = [Buffer.concat(this.chunks)]
    return this.chunks[0]!
  }
}
