import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recognise } from '../../src/ingest/validate.js'
import { makeDicom, SYNTAX } from '../generators/dicom.js'

describe('recognising a file by its head', () => {
  it.each(Object.entries(SYNTAX))('reads the identity of a DICOM object in %s, with and without preamble and meta header', (_name, transferSyntax) => {
    const options = { transferSyntax, sopInstanceUid: '1.2.3.4' }
    for (const file of [makeDicom(options), makeDicom({ ...options, preamble: false })]) {
      expect(recognise(file)).toMatchObject({ ok: true, value: { content: 'dicom', dicom: { sopInstanceUid: '1.2.3.4' } } })
    }
  })

  it('does not unpack a deflate bomb whole', () => {
    const header = makeDicom({ transferSyntax: SYNTAX.deflated })
    const recognised = recognise(header)
    const start = recognised.ok ? recognised.value.fingerprintOffset : 0
    const bomb = Buffer.concat([header.subarray(0, start), deflateRawSync(Buffer.alloc(400_000_000))])
    const before = process.resourceUsage().maxRSS
    recognise(bomb)
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(150_000)
  })

  it('gives the same object the same fingerprinted part with any header', () => {
    const parts = [{}, { preamble: false }].map((options) => {
      const file = makeDicom({ sopInstanceUid: '1.2.3.4', ...options })
      const recognised = recognise(file)
      return recognised.ok ? file.subarray(recognised.value.fingerprintOffset).toString('hex') : 'not recognised'
    })
    expect(new Set(parts).size).toBe(1)
  })

  it('answers with a study or a reason to whatever bytes', () => {
    const file = makeDicom({ rows: 4, columns: 4 })
    const damaged = fc.tuple(fc.nat(file.length), fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([at, bytes]) => {
      const copy = Buffer.from(file)
      copy.set(bytes.subarray(0, Math.max(0, copy.length - at)), Math.min(at, copy.length))
      return copy
    })
    const prefixed = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), bytes]))
    fc.assert(fc.property(fc.oneof(damaged, prefixed, fc.uint8Array({ maxLength: 300 }), fc.nat(file.length).map((length) => file.subarray(0, length))), (bytes) => {
      const recognised = recognise(bytes)
      expect(recognised.ok ? recognised.value.fingerprintOffset <= bytes.length : recognised.error.message.length > 0).toBe(true)
    }), { numRuns: 2000 })
  })
})
