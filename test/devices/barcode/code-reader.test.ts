import { describe, expect, it } from 'vitest'
import { CodeReader } from '../../../src/devices/barcode/code-reader.js'

const read = (...chunks: (string | number[])[]) => {
  const reader = new CodeReader()
  return [...chunks.flatMap((chunk) => reader.read(Buffer.from(chunk as never))), ...reader.flush()]
}

describe('the reader of codes', () => {
  it.each([
    ['CR LF', ['P-0000000A\r\n']], ['CR', ['P-0000000A\r']], ['LF', ['P-0000000A\n']], ['TAB', ['P-0000000A\t']], ['ETX and STX', ['\u0002P-0000000A\u0003']],
    ['no ending but a pause', ['P-0000000A']], ['bytes that come one by one', [...'P-0000000A\r']], ['a symbology mark', [']C1P-0000000A\r\n']], ['blanks around it', ['  P-0000000A \r']]
  ])('takes a code with %s', (_name, chunks) => {
    expect(read(...chunks)).toEqual([{ text: 'P-0000000A' }])
  })

  it('takes several codes, scripts of the world and group separators', () => {
    expect(read('один\r两\r', 'a\u001db\r')).toEqual([{ text: 'один' }, { text: '两' }, { text: 'ab' }])
  })

  it.each([['bytes that are no text', [0xff, 0xfe, 0x80, 13]], ['control characters', [0x50, 0x00, 0x01, 13]], ['a text without end', new Array<number>(5000).fill(65)]])('says of %s that they are noise', (_name, bytes) => {
    expect(read(bytes)).toEqual([{ noise: bytes.filter((byte) => byte !== 13).length }])
  })

  it('gives nothing for endings alone', () => {
    expect(read('\r\n\r\n')).toEqual([])
  })
})
