/** A P-DATA PDU larger than we announced, or an association request beyond reason, is not collected in memory. */
const MAX_PDU_BYTES = 1024 * 1024
const HEADER_BYTES = 6

/**
 * Follows the PDU headers (PS3.8 9.3) in a byte stream and says when one announces more than 1 MB.
 * dcmjs-dimse collects whatever length a header names, which a stranger could set to 4 GB.
 */
export class PduGuard {
  private header: number[] = []
  private remaining = 0

  /** False from the first chunk on that announces too much. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.remaining > 0) {
        const skipped = Math.min(this.remaining, chunk.length - at)
        this.remaining -= skipped
        at += skipped
        continue
      }
      this.header.push(chunk[at++] as number)
      if (this.header.length < HEADER_BYTES) continue
      const [, , a = 0, b = 0, c = 0, d = 0] = this.header
      this.remaining = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d
      this.header = []
      if (this.remaining > MAX_PDU_BYTES) return false
    }
    return true
  }
}
