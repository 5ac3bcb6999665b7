import type { Font } from 'fontkit'
import PDFDocument from 'pdfkit'
import { faceOfDocument, faces } from './fonts.js'
import { qrSquares } from './qr-code.js'
import type { TextRun } from './runs.js'
import { textRuns } from './runs.js'

export type Document = PDFKit.PDFDocument
/** A rectangle on the page in points (1/72 inch) from its upper left corner. */
export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export type TextStyle = { readonly size: number; readonly bold?: boolean; readonly colour?: string }

export const INK = '#1a1a1a'
export const FAINT = '#5a5a5a'
/** Below it a printed letter can't be read; what is still too long is cut with an ellipsis. */
const SMALLEST_SIZE = 7
export const PAGE_WIDTH = 595.28
/** Pages that are read from the right: everything on them lies mirrored. */
const mirrored = new WeakSet<Document>()

export type PageInfo = { readonly title: string; readonly language: string; readonly createdAt: Date; readonly direction?: 'ltr' | 'rtl'; readonly landscape?: boolean }

/**
 * A page with the report's faces, as PDF/A-2b (ISO 19005-2): every font embedded, one colour space, nothing from outside.
 * The document's dates are `createdAt`, so equal input gives equal bytes.
 */
export function openPage(info: PageInfo): Document {
  const [regular, ...others] = faces().map((face) => ({ name: face.name, source: asSource(faceOfDocument(face)) }))
  const document = new PDFDocument({
    size: 'A4', margin: 0, lang: info.language, displayTitle: true, subset: 'PDF/A-2b', pdfVersion: '1.7', font: regular!.source as string,
    info: { Title: info.title, Creator: 'Screenpost', Producer: 'Screenpost', CreationDate: info.createdAt, ModDate: info.createdAt }
  })
  for (const { name, source } of [regular!, ...others]) document.registerFont(name, source)
  if (info.direction === 'rtl') mirrored.add(document)
  return document
}

/** PDFKit takes a font that is open too, which its types do not know. */
const asSource = (font: Font): PDFKit.Mixins.PDFFontSource => font as unknown as PDFKit.Mixins.PDFFontSource

/** Where a box lies on this page: as given, or from the right edge. */
export const placed = <T extends { readonly x: number; readonly width: number }>(document: Document, box: T): T =>
  (mirrored.has(document) ? { ...box, x: PAGE_WIDTH - box.x - box.width } : box)

const runsOf = (document: Document, text: string, style: TextStyle): TextRun[] =>
  textRuns(text, style.bold ? 'bold' : 'regular', mirrored.has(document) ? 'rtl' : undefined)

const widthOf = (document: Document, runs: readonly TextRun[], size: number): number =>
  runs.reduce((sum, run) => sum + document.font(run.face).fontSize(size).widthOfString(run.text, { features: [] }), 0)

const UNIT = 100
const measured = new WeakMap<Document, Map<string, number>>()

/** Points that a text is wide in size 1, measured once a document: widths grow with the size. */
function unitWidth(document: Document, text: string, style: Pick<TextStyle, 'bold'>): number {
  const widths = measured.get(document) ?? new Map<string, number>()
  measured.set(document, widths)
  const key = `${style.bold ?? false} ${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  const width = widthOf(document, textRuns(text, style.bold ? 'bold' : 'regular', mirrored.has(document) ? 'rtl' : undefined), UNIT) / UNIT
  widths.set(key, width)
  return width
}

/** Draws one line of text in any script inside `maxWidth`: smaller when it is too long, cut with an ellipsis when it still is; returns the width used. */
export function drawLine(document: Document, text: string, at: { x: number; y: number; maxWidth: number }, style: TextStyle): number {
  const size = Math.max(Math.min(SMALLEST_SIZE, style.size), Math.min(style.size, at.maxWidth / unitWidth(document, text, style)))
  const runs = runsOf(document, shortened(document, text, { ...style, size, maxWidth: at.maxWidth }), style)
  const used = widthOf(document, runs, size)
  let { x } = placed(document, { x: at.x, width: mirrored.has(document) ? used : at.maxWidth })
  for (const run of runs) {
    document.font(run.face).fontSize(size).fillColor(style.colour ?? INK)
    document.text(run.text, x, at.y + style.size * 0.75, { lineBreak: false, features: [], baseline: 'alphabetic' })
    x += document.widthOfString(run.text, { features: [] })
  }
  return used
}

/** No line of a page holds more letters. */
const LONGEST_LINE = 300

/** As much of the text as fits, by halving. */
function shortened(document: Document, text: string, style: TextStyle & { readonly maxWidth: number }): string {
  const fits = (part: string): boolean => unitWidth(document, part, style) * style.size <= style.maxWidth + 0.01
  if (fits(text)) return text
  const letters = [...text].slice(0, LONGEST_LINE)
  let [low, high] = [0, letters.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(`${letters.slice(0, middle).join('')}…`)) low = middle
    else high = middle - 1
  }
  return `${letters.slice(0, low).join('').trimEnd()}…`
}

/** Words broken into lines no wider than the box; what does not fit its height is cut with an ellipsis. Returns the height used. */
function drawParagraph(document: Document, text: string, box: Box, style: TextStyle): number {
  const lineHeight = style.size * 1.32
  const lines = wrap(document, text, { ...style, width: box.width })
  const room = Math.max(1, Math.floor(box.height / lineHeight))
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `${lines[room - 1] ?? ''}…`] : lines
  shown.forEach((line, index) => drawLine(document, line, { x: box.x, y: box.y + index * lineHeight, maxWidth: box.width }, style))
  return shown.length * lineHeight
}

/** A paragraph in the largest of the sizes that lets it be whole; in the smallest it is cut. Returns the height used. */
export function drawFitted(document: Document, text: string, box: Box, { sizes, ...style }: Omit<TextStyle, 'size'> & { readonly sizes: readonly [number, ...number[]] }): number {
  const size = sizes.find((each) => wrap(document, text, { ...style, size: each, width: box.width }).length * each * 1.32 <= box.height + 1) ?? sizes[sizes.length - 1] ?? sizes[0]
  return drawParagraph(document, text, box, { ...style, size })
}

/** Lines of whole words; each word is measured once, whatever the sizes that are tried. */
function wrap(document: Document, text: string, style: TextStyle & { width: number }): string[] {
  const space = unitWidth(document, ' ', style)
  const lines: string[] = []
  let [line, width] = ['', 0]
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const own = unitWidth(document, word, style)
    const longer = line === '' ? own : width + space + own
    if (line !== '' && longer * style.size > style.width) {
      lines.push(line)
      line = word
      width = own
    } else {
      line = line === '' ? word : `${line} ${word}`
      width = longer
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** A QR code that fills the box, in black on what lies under it. */
export function drawQrCode(document: Document, text: string, where: Box): void {
  const box = placed(document, where)
  const { size, bars } = qrSquares(text)
  const module = box.width / size
  document.fillColor('#000000')
  for (const bar of bars) document.rect(box.x + bar.x * module, box.y + bar.y * module, bar.length * module, module)
  document.fill()
}

/** Draws a JPEG or PNG whole and centred inside the box; false (and nothing drawn) when the bytes are of another kind or damaged. */
export function drawPicture(document: Document, bytes: Buffer, where: Box): boolean {
  const box = placed(document, where)
  try {
    document.image(bytes, box.x, box.y, { fit: [box.width, box.height], align: 'center', valign: 'center' })
    return true
  } catch {
    return false
  }
}

/** The finished bytes. */
export function closePage(document: Document): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    document.on('data', (chunk: Buffer) => chunks.push(chunk))
    document.on('end', () => resolve(Buffer.concat(chunks)))
    document.on('error', reject)
    document.end()
  })
}
