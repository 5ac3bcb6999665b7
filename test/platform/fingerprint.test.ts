import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFingerprint } from '../../src/platform/fingerprint.js'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('the fingerprint', () => {
  it('is that of the bytes from the offset on, however the file comes in pieces', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(320), fc.array(fc.nat(300), { maxLength: 6 }), (bytes, offset, cuts) => {
      const fingerprint = createFingerprint(offset)
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
      for (let piece = 1; piece < edges.length; piece += 1) fingerprint.update(bytes.subarray(edges[piece - 1], edges[piece]))
      expect(fingerprint.digest()).toEqual({ sha256: sha256(bytes), fingerprint: sha256(bytes.subarray(offset)), bytes: bytes.length })
    }))
  })
})
