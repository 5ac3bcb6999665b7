import PDFDocument from 'pdfkit'
import { faces } from './fonts.js'
import { qrSquares } from './qr-code.js'
import { textRuns } from './runs.js'

export type Document = PDFKit.PDFDocument
/** A rectangle on the page in points (1/72 inch) from its upper left corner. */
export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export type TextStyle = { readonly size: number; readonly bold?: boolean; readonly colour?: string }

export const INK = '#1a1a1a'
export const FAINT = '#5a5a5a'
const SMALLEST_SIZE = 5.5

/** An A4 page with the report's faces. The document's dates are `createdAt`, so equal input gives equal bytes. */
export function openPage(info: { title: string; language: string; createdAt: Date }): Document {
  const document = new PDFDocument({
    size: 'A4', margin: 0, lang: info.language, displayTitle: true,
    info: { Title: info.title, Creator: 'Screenpost', Producer: 'Screenpost', CreationDate: info.createdAt, ModDate: info.createdAt }
  })
  for (const { name, path } of faces()) document.registerFont(name, path)
  return document
}

/** Draws one line of text in any script inside `maxWidth`, smaller when it is too long; returns the width used. */
export function drawLine(document: Document, text: string, at: { x: number; y: number; maxWidth: number }, style: TextStyle): number {
  const runs = textRuns(text, style.bold ? 'bold' : 'regular')
  const widthAt = (size: number): number =>
    runs.reduce((sum, run) => sum + document.font(run.face).fontSize(size).widthOfString(run.text, { features: [] }), 0)
  const full = widthAt(style.size)
  const size = full > at.maxWidth ? Math.max(SMALLEST_SIZE, (style.size * at.maxWidth) / full) : style.size
  document.save().rect(at.x, at.y - style.size, at.maxWidth, style.size * 3).clip()
  let x = at.x
  for (const run of runs) {
    document.font(run.face).fontSize(size).fillColor(style.colour ?? INK)
    document.text(run.text, x, at.y + style.size * 0.75, { lineBreak: false, features: [], baseline: 'alphabetic' })
    x += document.widthOfString(run.text, { features: [] })
  }
  document.restore()
  return x - at.x
}

/** Words broken into lines no wider than the box; what does not fit its height is cut with an ellipsis. Returns the height used. */
export function drawParagraph(document: Document, text: string, box: Box, style: TextStyle): number {
  const lineHeight = style.size * 1.32
  const lines = wrap(document, text, { ...style, width: box.width })
  const room = Math.max(1, Math.floor(box.height / lineHeight))
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `${lines[room - 1] ?? ''}…`] : lines
  shown.forEach((line, index) => drawLine(document, line, { x: box.x, y: box.y + index * lineHeight, maxWidth: box.width }, style))
  return shown.length * lineHeight
}

function wrap(document: Document, text: string, style: TextStyle & { width: number }): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line ? `${line} ${word}` : word
    const width = textRuns(longer, style.bold ? 'bold' : 'regular')
      .reduce((sum, run) => sum + document.font(run.face).fontSize(style.size).widthOfString(run.text, { features: [] }), 0)
    if (line && width > style.width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line ? [...lines, line] : lines
}

/** A QR code that fills the box, in black on what lies under it. */
export function drawQrCode(document: Document, text: string, box: Box): void {
  const { size, bars } = qrSquares(text)
  const module = box.width / size
  document.fillColor('#000000')
  for (const bar of bars) document.rect(box.x + bar.x * module, box.y + bar.y * module, bar.length * module, module)
  document.fill()
}

/** Draws a JPEG or PNG whole and centred inside the box; false (and nothing drawn) when the bytes are of another kind or damaged. */
export function drawPicture(document: Document, bytes: Buffer, box: Box): boolean {
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
