import { describe, expect, it } from 'vitest'
import { decodeText } from '../../src/dicom/character-sets.js'

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Bytes and readings of PS3.5 annexes H to K, and of the encodings' own tables. */
describe('names in the scripts of the world', () => {
  it.each<[string, string[], Uint8Array, string]>([
    ['Latin-1', ['ISO_IR 100'], hex('c4 6e 65 61 73 5e 52 fc 64 69 67 65 72'), 'Äneas^Rüdiger'],
    ['Cyrillic', ['ISO_IR 144'], hex('bb ee da 63 65 dc d1 79 70 d3'), 'Люкceмбypг'],
    ['Arabic', ['ISO_IR 127'], hex('e2 c8 c7 e6 ea 5e e4 e6 d2 c7 d1'), 'قباني^لنزار'],
    ['Greek', ['ISO_IR 126'], hex('c4 e9 ef ed f5 f3 e9 ef f2'), 'Διονυσιος'],
    ['Hebrew', ['ISO_IR 138'], hex('f9 f8 e5 ef 5e e3 e1 e5 f8 e4'), 'שרון^דבורה'],
    ['Thai', ['ISO_IR 166'], hex('ca c1 aa d2 c2'), 'สมชาย'],
    ['Turkish', ['ISO_IR 148'], hex('c7 61 76 75 fe 6f f0 6c 75'), 'Çavuşoğlu'],
    ['UTF-8', ['ISO_IR 192'], Buffer.from('Wang^XiaoDong=王^小東'), 'Wang^XiaoDong=王^小東'],
    ['GB18030', ['GB18030'], hex('57 61 6e 67 3d cd f5 5e d0 a1 b6 ab'), 'Wang=王^小东'],
    ['GBK with a backslash byte', ['GBK'], hex('8f 5c'), '廫'],
    ['Japanese, ISO 2022', ['', 'ISO 2022 IR 87'], hex('59616d6164613d1b24423b33 45441b28425e1b2442 4240 4f3a 1b2842'), 'Yamada=山田^太郎'],
    ['Japanese, half-width first', ['ISO 2022 IR 13', 'ISO 2022 IR 87'], hex('d4cfc0de5ec0dbb33d1b2442 3b334544 1b284a5e1b2442 42404f3a 1b284a'), 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎'],
    ['Korean, ISO 2022', ['', 'ISO 2022 IR 149'], hex('486f6e673d1b242943 fbf35e1b242943 d1ce d4d7'), 'Hong=洪^吉洞'],
    ['Chinese, ISO 2022', ['', 'ISO 2022 IR 58'], hex('5a68616e673d1b242941 d5c5'), 'Zhang=张'],
    ['Latin and Cyrillic, ISO 2022', ['ISO 2022 IR 100', 'ISO 2022 IR 144'], hex('c4 3d 1b2d4c bb ee'), 'Ä=Лю'],
    ['a set spelt wrongly', ['ISO IR 144'], hex('bb ee'), 'Лю'],
    ['UTF-8 that nobody declared', [], Buffer.from('Zoë'), 'Zoë'],
    ['Latin-1 that nobody declared', [], hex('5a6feb'), 'Zoë'],
    ['bytes that are no UTF-8', ['ISO_IR 192'], hex('41 ff 42'), 'A\ufffdB']
  ])('%s', (_name, sets, bytes, text) => {
    expect(decodeText(bytes, sets)).toBe(text)
  })
})
