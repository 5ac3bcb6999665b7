import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { sniffContent } from '../../../src/ingest/decode/sniff.js'
import { makeBmp } from '../../generators/bmp.js'
import { makeDicom, SYNTAX } from '../../generators/dicom.js'

const picture = sharp({ create: { width: 4, height: 4, channels: 3, background: '#123456' } })
const head = (bytes: Buffer): Buffer => bytes.subarray(0, 4096)

describe('the first bytes tell', () => {
  it.each(['jpeg', 'png', 'tiff'] as const)('%s', async (format) => {
    expect(sniffContent(head(await picture.clone().toFormat(format).toBuffer()))).toBe(format)
  })

  it('bmp', () => {
    expect(sniffContent(makeBmp({ width: 1, height: 1, bits: 24, rows: [[1, 2, 3]] }))).toBe('bmp')
  })

  it.each([[true, true], [false, true], [true, false], [false, false]])('dicom with preamble %s, meta header %s', (preamble, meta) => {
    for (const transferSyntax of [SYNTAX.explicit, SYNTAX.implicit, SYNTAX.big]) expect(sniffContent(head(makeDicom({ preamble, meta, transferSyntax })))).toBe('dicom')
  })

  it.each([
    ['nothing', Buffer.alloc(0)], ['text', Buffer.from('BM is how this letter begins, and it goes on for a while')],
    ['zip', Buffer.from('PK\x03\x04 and more bytes than sixteen')], ['pdf', Buffer.from('%PDF-1.4 0123456789')], ['zeros', Buffer.alloc(4096)]
  ])('%s is none of ours', (_name, bytes) => {
    expect(sniffContent(bytes)).toBeUndefined()
  })
})
