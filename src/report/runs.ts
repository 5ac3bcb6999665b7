import { faceFor } from './fonts.js'

/** A stretch of text in one face and one direction. */
export type TextRun = { readonly text: string; readonly face: string; readonly rightToLeft: boolean }

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const NEUTRAL = /[\s\p{P}\p{S}\p{M}]/u
/** Drawn for a character that no face has; DejaVu has it. */
const UNKNOWN = '\u25a1'

/**
 * Splits text into runs in the order they are drawn, left to right. A right-to-left line (`base`; else one that begins so) has its runs
 * reversed; the glyphs inside a run are the font's business. Spaces and punctuation go with what stands on both sides of them, between two
 * directions with the line (UAX #9, N1 and N2). A character without a glyph becomes a square, never nothing: a reader must see that something is missing.
 */
export function textRuns(text: string, preferred: string, base?: Direction): TextRun[] {
  const letters = [...text.normalize('NFC').replace(/[\u200e\u200f\u061c]/gu, '').replace(/[\p{Cc}\u2028\u2029]/gu, ' ')]
  const strong = letters.map(strongDirection)
  const line = base ?? strong.find((direction) => direction !== undefined) ?? 'ltr'
  const directions = resolved(strong, line)
  const runs: TextRun[] = []
  letters.forEach((letter, index) => {
    const rightToLeft = directions[index] === 'rtl'
    const next = runOf(letter, runs.at(-1), { preferred, rightToLeft })
    const last = runs.at(-1)
    if (last && last.face === next.face && last.rightToLeft === next.rightToLeft) runs[runs.length - 1] = { ...last, text: last.text + next.text }
    else runs.push(next)
  })
  return line === 'rtl' ? fromTheRight(runs) : runs
}

type Direction = 'ltr' | 'rtl'

const strongDirection = (letter: string): Direction | undefined => (RIGHT_TO_LEFT.test(letter) ? 'rtl' : NEUTRAL.test(letter) || /\p{Cf}/u.test(letter) ? undefined : 'ltr')

/** Every letter's direction: its own, else that of both its neighbours, else the line's. */
function resolved(strong: readonly (Direction | undefined)[], line: Direction): Direction[] {
  const after: Direction[] = []
  for (let index = strong.length - 1, next = line; index >= 0; index -= 1) after[index] = next = strong[index] ?? next
  let before = line
  return strong.map((own, index) => {
    before = own ?? before
    return own ?? (before === after[index] ? before : line)
  })
}

/** A bracket opens towards the end of its line. */
const MIRRORED: Readonly<Record<string, string>> = { '(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{', '<': '>', '>': '<', '«': '»', '»': '«' }

/** Runs of a right-to-left line as they lie on the paper; neighbours that read left to right keep their order. */
function fromTheRight(runs: readonly TextRun[]): TextRun[] {
  const groups: TextRun[][] = []
  for (const run of runs) {
    const last = groups.at(-1)
    if (last && !run.rightToLeft && last[0]?.rightToLeft === false) last.push(run)
    else groups.push([run])
  }
  return groups.reverse().flat()
}

function runOf(letter: string, last: TextRun | undefined, { preferred, rightToLeft }: { preferred: string; rightToLeft: boolean }): TextRun {
  const character = rightToLeft ? MIRRORED[letter] ?? letter : letter
  const codePoint = character.codePointAt(0) ?? 0
  if (last && (NEUTRAL.test(character) || /\p{Cf}/u.test(character)) && last.rightToLeft === rightToLeft && (/\p{Cf}/u.test(character) || faceHas(last.face, codePoint))) return { ...last, text: character }
  if (/\p{Cf}/u.test(character)) return { text: character, face: last?.face ?? preferred, rightToLeft }
  const face = faceFor(codePoint, preferred)
  return { text: face ? character : UNKNOWN, face: face?.name ?? 'regular', rightToLeft }
}

const faceHas = (name: string, codePoint: number): boolean => faceFor(codePoint, name)?.name === name
