import type { IsoTime } from '../domain/ids.js'
import { closePage, drawFitted, drawLine, FAINT, INK, openPage, PAGE_WIDTH } from './page.js'
import type { Document } from './page.js'

/** One image of the day: the cells of the columns but the last, which is left empty for a signature. */
export type RegisterLine = { readonly cells: readonly string[]; readonly bold: boolean }

export type RegisterInput = {
  readonly siteName: string
  readonly title: string
  readonly day: string
  readonly columns: readonly string[]
  readonly lines: readonly RegisterLine[]
  readonly none: string
  readonly note: string
  readonly locale: string
  readonly direction?: 'ltr' | 'rtl'
  readonly generatedAt: IsoTime
}

const LEFT = 36
const WIDTH = PAGE_WIDTH - 2 * LEFT
/** Parts of the width: time, person, village, image, verdict, signature. */
const PARTS = [0.08, 0.22, 0.13, 0.15, 0.3, 0.12]
const STARTS = PARTS.map((_, index) => LEFT + WIDTH * PARTS.slice(0, index).reduce((sum, part) => sum + part, 0))
const FIRST = 104
const ROW = 38
const LAST = 780

/** The day's images on A4 pages, oldest first, with a column to sign. The same input gives the same bytes. */
export function registerPdf(input: RegisterInput): Promise<Buffer> {
  const document = openPage({ title: `${input.title} ${input.day}`, language: input.locale, createdAt: new Date(input.generatedAt), ...(input.direction ? { direction: input.direction } : {}) })
  let y = head(document, input)
  for (const line of input.lines) {
    if (y + ROW > LAST) {
      document.addPage()
      y = head(document, input)
    }
    row(document, line, y)
    y += ROW
  }
  if (input.lines.length === 0) drawLine(document, input.none, { x: LEFT, y, maxWidth: WIDTH }, { size: 11 })
  return closePage(document)
}

function head(document: Document, { siteName, title, day, columns, note }: RegisterInput): number {
  drawLine(document, siteName, { x: LEFT, y: 36, maxWidth: WIDTH * 0.6 }, { size: 15, bold: true })
  drawLine(document, `${title}: ${day}`, { x: LEFT, y: 58, maxWidth: WIDTH }, { size: 12 })
  columns.forEach((label, index) => drawLine(document, label, { x: STARTS[index] ?? LEFT, y: 84, maxWidth: WIDTH * (PARTS[index] ?? 0) - 6 }, { size: 8.5, bold: true, colour: FAINT }))
  drawLine(document, note, { x: LEFT, y: LAST + 14, maxWidth: WIDTH }, { size: 8, bold: true })
  return FIRST
}

function row(document: Document, { cells, bold }: RegisterLine, y: number): void {
  document.lineWidth(0.4).strokeColor(FAINT).moveTo(LEFT, y - 4).lineTo(LEFT + WIDTH, y - 4).stroke()
  cells.forEach((text, index) => drawFitted(document, text, { x: STARTS[index] ?? LEFT, y, width: WIDTH * (PARTS[index] ?? 0) - 6, height: ROW - 6 }, { sizes: [8.5, 8, 7.5, 7], bold, colour: INK }))
}
