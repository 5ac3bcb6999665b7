import { createRequire } from 'node:module'
import { openSync } from 'fontkit'
import type { Font } from 'fontkit'

/** A face of the report. The first that has a character's glyph draws it. */
export type Face = { readonly name: string; readonly path: string; readonly font: Font }

/** Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian and Georgian come from DejaVu; then one face a script. */
const FACES: readonly { readonly name: string; readonly file: string }[] = [
  { name: 'regular', file: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf' },
  { name: 'bold', file: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf' },
  { name: 'devanagari', file: '@fontsource/noto-sans-devanagari/files/noto-sans-devanagari-devanagari-400-normal.woff' },
  { name: 'bengali', file: '@fontsource/noto-sans-bengali/files/noto-sans-bengali-bengali-400-normal.woff' },
  { name: 'thai', file: '@fontsource/noto-sans-thai/files/noto-sans-thai-thai-400-normal.woff' },
  { name: 'ethiopic', file: '@fontsource/noto-sans-ethiopic/files/noto-sans-ethiopic-ethiopic-400-normal.woff' }
]

let opened: readonly Face[] | undefined

/** All faces, opened once. @throws Error when a font package is missing from node_modules. */
export function faces(): readonly Face[] {
  if (opened) return opened
  const { resolve } = createRequire(import.meta.url)
  opened = FACES.map(({ name, file }) => {
    const path = resolve(file)
    const font = openSync(path)
    if (!('layout' in font)) throw new Error(`${file} is a collection of fonts; name a single font instead.`)
    return { name, path, font }
  })
  return opened
}

/**
 * The face for one document: its tables are decoded once for all, which is most of the work of a report; the glyphs that fontkit keeps are the
 * document's own, since they remember the character that they were first asked for.
 */
export const faceOfDocument = ({ font }: Face): Font => Object.assign(Object.create(font) as Font, { _glyphs: {} })

const known = new Map<string, Face | undefined>()

/** The face that draws `codePoint`, asked after `preferred`; undefined when none has it. */
export function faceFor(codePoint: number, preferred: string): Face | undefined {
  const key = `${preferred} ${codePoint}`
  if (known.has(key)) return known.get(key)
  const all = faces()
  const first = all.find(({ name }) => name === preferred)
  const found = [first, ...all].find((face) => face?.font.hasGlyphForCodePoint(codePoint))
  known.set(key, found)
  return found
}
