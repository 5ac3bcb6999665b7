/** Defined terms of Specific Character Set (PS3.3 C.12.1.1.2) by their registration number, as WHATWG encoding labels. */
const BY_NUMBER: Readonly<Record<string, string>> = {
  '6': 'iso-8859-1', '13': 'shift_jis', '58': 'gbk', '87': 'iso-2022-jp', '100': 'iso-8859-1', '101': 'iso-8859-2',
  '109': 'iso-8859-3', '110': 'iso-8859-4', '126': 'iso-8859-7', '127': 'iso-8859-6', '138': 'iso-8859-8',
  '144': 'iso-8859-5', '148': 'iso-8859-9', '149': 'euc-kr', '159': 'euc-jp', '166': 'windows-874',
  '192': 'utf-8', '203': 'iso-8859-15'
}

/** Escape sequences (without ESC) that put a set into G1, or into G0 for the two-byte Japanese sets (PS3.3 tables C.12-3, C.12-4). */
const ESCAPES: readonly (readonly [string, string])[] = [
  ['$B', 'jis0208'], ['$@', 'jis0208'], ['$(D', 'jis0212'], ['(B', 'ascii'], ['(J', 'ascii'], [')I', 'shift_jis'],
  ['$)C', 'euc-kr'], ['$)A', 'gbk'], ['-A', 'iso-8859-1'], ['-B', 'iso-8859-2'], ['-C', 'iso-8859-3'],
  ['-D', 'iso-8859-4'], ['-L', 'iso-8859-5'], ['-G', 'iso-8859-6'], ['-F', 'iso-8859-7'], ['-H', 'iso-8859-8'],
  ['-M', 'iso-8859-9'], ['-T', 'windows-874'], ['-b', 'iso-8859-15']
]
const ESC = 0x1b
const RESETTING = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x3d, 0x5c, 0x5e])

/** The encoding of one value of Specific Character Set, tolerant of the spellings seen in the field. */
function labelOf(term: string): string | undefined {
  const tidy = term.trim().toUpperCase().replaceAll(/[-_\s]+/g, ' ')
  if (tidy === 'GB18030' || tidy === 'GBK') return tidy.toLowerCase()
  if (/^UTF ?8$/.test(tidy)) return 'utf-8'
  const number = /^ISO (?:2022 )?IR ?(\d+)$/.exec(tidy)?.[1]
  return number === undefined ? undefined : BY_NUMBER[number]
}

const decoders = new Map<string, InstanceType<typeof TextDecoder>>()

function decodeAs(label: string, bytes: Uint8Array): string {
  if (label === 'jis0208') return decodeAs('euc-jp', bytes.map((byte) => byte | 0x80))
  if (label === 'jis0212') return decodeAs('euc-jp', withPrefix0x8f(bytes))
  const decoder = decoders.get(label) ?? new TextDecoder(label)
  decoders.set(label, decoder)
  return decoder.decode(bytes)
}

/** JIS X 0212 in EUC-JP: each pair of bytes is led by 0x8f. */
function withPrefix0x8f(bytes: Uint8Array): Uint8Array {
  const out: number[] = []
  for (let i = 0; i + 1 < bytes.length; i += 2) out.push(0x8f, (bytes[i] ?? 0) | 0x80, (bytes[i + 1] ?? 0) | 0x80)
  return Uint8Array.from(out)
}

function escapeAt(bytes: Uint8Array, at: number): readonly [string, string] | undefined {
  const ahead = String.fromCharCode(...bytes.subarray(at + 1, at + 4))
  return ESCAPES.find(([sequence]) => ahead.startsWith(sequence))
}

function decodeIso2022(bytes: Uint8Array, initial: string): string {
  let text = ''
  let g1 = initial
  let twoByteG0: string | undefined
  let start = 0
  const flush = (end: number): void => {
    text += decodeAs(twoByteG0 ?? g1, bytes.subarray(start, end))
    start = end
  }
  for (let i = 0; i < bytes.length; i++) {
    const escape = bytes[i] === ESC ? escapeAt(bytes, i) : undefined
    if (escape) {
      flush(i)
      const [sequence, label] = escape
      twoByteG0 = label.startsWith('jis') ? label : undefined
      if (label !== 'ascii' && !twoByteG0) g1 = label
      i += sequence.length
      start = i + 1
    } else if (!twoByteG0 && RESETTING.has(bytes[i] ?? 0)) {
      flush(i)
      g1 = initial
    }
  }
  flush(bytes.length)
  return text
}

/** Undeclared bytes above 127: UTF-8 when they are valid UTF-8, else Latin-1. */
function decodeUndeclared(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return decodeAs('iso-8859-1', bytes)
  }
}

/**
 * Text of an element under Specific Character Set (its values, first one for the start of each value;
 * several mean ISO 2022 escapes, PS3.5 6.1.2.5). Never throws: what cannot be decoded becomes U+FFFD.
 */
export function decodeText(bytes: Uint8Array, characterSets: readonly string[]): string {
  if (bytes.every((byte) => byte < 0x80 && byte !== ESC)) return String.fromCharCode(...bytes.subarray(0, 65536))
  const labels = characterSets.map((term) => labelOf(term) ?? '')
  const first = labels[0] ?? ''
  if (bytes.includes(ESC)) return decodeIso2022(bytes, first === '' || first === 'iso-2022-jp' ? 'iso-8859-1' : first)
  const declared = labels.find((label) => label !== '' && label !== 'iso-2022-jp')
  return declared === undefined || characterSets.every((term) => /\b6$/.test(term)) ? decodeUndeclared(bytes) : decodeAs(first || declared, bytes)
}
