/** A QR code holds at most 4296 characters; no patient's card holds a quarter of that. */
const LONGEST_BYTES = 1024
/** Between two bytes of one code at 1200 baud 8 ms pass; a scanner set to send no ending is silent for longer. */
export const ENDING_PAUSE_MS = 120

const START_OF_TEXT = 2

export type CodeRead = { readonly text: string } | { readonly noise: number }

/**
 * Bytes of the line to codes: ended by CR, LF, TAB or ETX, or by a pause (`flush`). Start of text and the AIM symbology mark (`]C1`,
 * ISO/IEC 15424) are taken off. What holds control characters or is no UTF-8 is noise, as with the wrong speed.
 */
export class CodeReader {
  #held: number[] = []
  #tooLong = 0

  get waiting(): boolean { return this.#held.length > 0 }

  read(bytes: Uint8Array): CodeRead[] {
    const found: CodeRead[] = []
    for (const byte of bytes) {
      if (byte === 13 || byte === 10 || byte === 9 || byte === 3) found.push(...this.flush())
      else if (this.#held.length < LONGEST_BYTES) this.#held.push(byte)
      else this.#tooLong += 1
    }
    return found
  }

  /** What came since the last ending. */
  flush(): CodeRead[] {
    const bytes = Uint8Array.from(this.#held)
    const extra = this.#tooLong
    this.#held = []
    this.#tooLong = 0
    if (bytes.length === 0) return []
    const text = extra === 0 ? textOf(bytes) : undefined
    return [text === undefined ? { noise: bytes.length + extra } : { text }].filter((code) => !('text' in code) || code.text !== '')
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes[0] === START_OF_TEXT ? bytes.subarray(1) : bytes).replace(/^\][A-Za-z][0-9A-Za-z]/, '').trim()
    return /[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u.test(text.replaceAll('\u001d', '')) ? undefined : text.replaceAll('\u001d', '')
  } catch {
    return undefined
  }
}
