/** Zero of each script's decimal digits, so that a number typed in any of them finds the same person. */
const ZEROS = [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10]
/** Letters that Unicode does not decompose and that people type either way. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ı: 'i', æ: 'ae', œ: 'oe', þ: 'th', ى: 'ي', ة: 'ه', ک: 'ك', ی: 'ي', ё: 'е'
}
/** Accents of Latin, Greek and Cyrillic, Arabic vowel marks and tatweel; vowel signs of other scripts are letters and stay. */
const MARKS = /(?:[\u0300-\u036f]|[\u064b-\u065f]|\u0670|\u0640|[\u05b0-\u05c7])/gu

function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0) as number
  const zero = ZEROS.find((start) => point >= start && point < start + 10)
  return zero === undefined ? digit : String(point - zero)
}

/** The text as it is compared: compatibility forms, case, accents and digits of other scripts taken away. */
export function normaliseText(text: string): string {
  return text.normalize('NFKD').toLowerCase().replace(MARKS, '').normalize('NFC')
    .replace(/\p{Nd}/gu, asciiDigit).replace(/[ßøđðłħıæœþىةکیё]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/\s+/g, ' ').trim()
}

/** The words of a name or a village, for comparison. */
export const wordsOf = (text: string): string[] => normaliseText(text).split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '')

/** An identifier or phone number without spaces, dashes, brackets and signs. */
export const compactNumber = (text: string): string => normaliseText(text).replace(/[^\p{L}\p{N}]/gu, '')
