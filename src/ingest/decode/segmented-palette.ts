type Options = { readonly count: number; readonly wide: boolean; readonly bigEndian: boolean }

/** Expands a segmented palette (PS3.3 C.7.9.2): discrete, linear and indirect segments. */
export function expandSegments(raw: Buffer, { count, wide, bigEndian }: Options): Uint16Array {
  const words = wide ? Array.from({ length: raw.length >> 1 }, (_, i) => (bigEndian ? raw.readUInt16BE(i * 2) : raw.readUInt16LE(i * 2))) : Array.from(raw)
  const out: number[] = []
  let at = 0
  while (at + 1 < words.length && out.length < count) {
    const [opcode, length] = [words[at] ?? 0, words[at + 1] ?? 0]
    if (opcode === 2) {
      indirect(words, { at: at + 2, segments: length, wide }, out)
      at += wide ? 4 : 6
    } else {
      at = segment(words, at, out)
    }
  }
  return Uint16Array.from(out.slice(0, count))
}

/** One discrete (0) or linear (1) segment; gives the offset after it. */
function segment(words: readonly number[], at: number, out: number[]): number {
  const length = words[at + 1] ?? 0
  if (words[at] === 0) {
    out.push(...words.slice(at + 2, at + 2 + length))
    return at + 2 + length
  }
  const from = out.at(-1) ?? 0
  const to = words[at + 2] ?? 0
  for (let i = 1; i <= length; i++) out.push(Math.round(from + ((to - from) * i) / length))
  return at + 3
}

/** Repeats segments that came before; the offset is in bytes, its low half first. */
function indirect(words: readonly number[], { at, segments, wide }: { at: number; segments: number; wide: boolean }, out: number[]): void {
  const bytes = wide ? [words[at] ?? 0, words[at + 1] ?? 0] : [(words[at] ?? 0) + (words[at + 1] ?? 0) * 256, (words[at + 2] ?? 0) + (words[at + 3] ?? 0) * 256]
  let from = ((bytes[0] ?? 0) + (bytes[1] ?? 0) * 65536) / (wide ? 2 : 1)
  for (let i = 0; i < segments && from < at && words[from] !== 2; i++) from = segment(words, from, out)
}
