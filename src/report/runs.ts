import { faceFor } from './fonts.js'

/** A stretch of text in one face and one direction. */
export type TextRun = { readonly text: string; readonly face: string; readonly rightToLeft: boolean }

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const NEUTRAL = /[\s\p{P}\p{S}\p{M}]/u
/** Drawn for a character that no face has; DejaVu has it. */
const UNKNOWN = '\u25a1'

/**
 * Splits text into runs in the order they are drawn, left to right: text that begins in a right-to-left script has its runs
 * reversed (the glyphs inside a run are the font's business). Spaces and punctuation go with what precedes them. A character
 * without a glyph becomes a square, never nothing: a reader must see that something is missing.
 */
export function textRuns(text: string, preferred: string): TextRun[] {
  const runs: TextRun[] = []
  for (const character of text.normalize('NFC').replace(/[\p{Cc}\u2028\u2029]/gu, ' ')) {
    const next = runOf(character, runs.at(-1), preferred)
    const last = runs.at(-1)
    if (last && last.face === next.face && last.rightToLeft === next.rightToLeft)
      runs[runs.length - 1] = { ...last, text: last.text + next.text }
    else runs.push(next)
  }
  return runs[0]?.rightToLeft ? runs.reverse() : runs
}

function runOf(character: string, last: TextRun | undefined, preferred: string): TextRun {
  const codePoint = character.codePointAt(0) ?? 0
  if (last && NEUTRAL.test(character) && faceHas(last.face, codePoint)) return { ...last, text: character }
  if (/\p{Cf}/u.test(character)) return { text: character, face: last?.face ?? preferred, rightToLeft: last?.rightToLeft ?? false }
  const face = faceFor(codePoint, preferred)
  return { text: face ? character : UNKNOWN, face: face?.name ?? 'regular', rightToLeft: RIGHT_TO_LEFT.test(character) }
}

const faceHas = (name: string, codePoint: number): boolean => faceFor(codePoint, name)?.name === name
