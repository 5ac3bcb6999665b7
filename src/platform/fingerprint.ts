import { createHash } from 'node:crypto'

export type Fingerprint = { readonly sha256: string; readonly fingerprint: string; readonly bytes: number }

/**
 * Hashes a file chunk by chunk. `sha256` covers all of it; `fingerprint` what identifies the object: from `offset` on
 * (a DICOM data set without its meta header, which differs by who wrote it), or all of it with offset 0.
 */
export function createFingerprint(offset: number): { update(chunk: Uint8Array): void; digest(): Fingerprint } {
  const whole = createHash('sha256')
  const part = offset > 0 ? createHash('sha256') : undefined
  let bytes = 0
  return {
    update(chunk) {
      whole.update(chunk)
      part?.update(chunk.subarray(Math.min(chunk.length, Math.max(0, offset - bytes))))
      bytes += chunk.length
    },
    digest() {
      const sha256 = whole.digest('hex')
      return { sha256, fingerprint: part?.digest('hex') ?? sha256, bytes }
    }
  }
}
