import { closePage, drawFitted, drawLine, FAINT, INK, openPage, placed } from './page.js'
import type { Box, Document } from './page.js'
import type { StudyReport, StudyReportInput } from './pdf.js'
import { withDefaults } from './pdf.js'
import * as sections from './sections.js'

/** Sentences of the letter in the reader's language. */
export type LetterWords = { readonly title: string; readonly to: string; readonly please: string; readonly asked: string; readonly reply: string; readonly found: string; readonly done: string }

export type ReferralLetterInput = StudyReportInput & { readonly letter: LetterWords; readonly answers: readonly (readonly [label: string, value: string])[] }

const LEFT = 42
const WIDTH = 595.28 - 2 * LEFT
const across = (y: number, height: number): Box => ({ x: LEFT, y, width: WIDTH, height })
const half = (y: number, height: number, second: boolean): Box => ({ x: LEFT + (second ? WIDTH / 2 + 9 : 0), y, width: WIDTH / 2 - 9, height })

/**
 * One A4 page for whoever sees the person next: who, how soon, why, and a part to cut off and send back, with the study's number as a
 * QR code (never the person's). The same input gives the same bytes.
 */
export function referralLetterPdf(input: ReferralLetterInput): Promise<Buffer> {
  const report = { ...withDefaults(input), labels: { ...withDefaults(input).labels, title: input.letter.title } }
  const document = openPage({ title: `${input.letter.title} ${input.study.id}`, language: input.locale, createdAt: new Date(input.generatedAt), ...(input.direction ? { direction: input.direction } : {}) })
  sections.drawHeader(document, report, across(36, 64))
  drawLine(document, input.letter.to, { x: LEFT, y: 116, maxWidth: WIDTH }, { size: 13, bold: true })
  drawFitted(document, input.letter.please, across(134, 28), { sizes: [10.5, 9.5] })
  sections.drawPatient(document, report, half(168, 84, false))
  sections.drawStudy(document, report, half(168, 84, true))
  sections.drawVerdict(document, report, across(258, 46))
  sections.drawPictures(document, report, half(320, 170, false))
  sections.drawFindings(document, report, half(320, 92, true))
  drawAnswers(document, input, half(420, 90, true))
  sections.drawLimits(document, report, across(508, 46))
  drawSignature(document, report, across(566, 30))
  drawReply(document, report, { ...across(614, 190), words: input.letter })
  return closePage(document)
}

function drawAnswers(document: Document, { letter, answers }: ReferralLetterInput, box: Box): void {
  if (answers.length === 0) return
  sections.heading(document, letter.asked, box)
  sections.drawRows(document, answers.slice(0, 6), { ...box, y: box.y + 14 })
}

function rule(document: Document, where: { x: number; width: number }, y: number): void {
  const { x, width } = placed(document, where)
  document.lineWidth(0.7).strokeColor(INK).moveTo(x, y).lineTo(x + width, y).stroke()
}

function drawSignature(document: Document, { labels, generatedAt, time }: StudyReport, box: Box): void {
  rule(document, { x: box.x, width: box.width * 0.6 }, box.y + 16)
  drawLine(document, labels.signature, { x: box.x, y: box.y + 19, maxWidth: box.width * 0.6 }, { size: 8, colour: FAINT })
  drawLine(document, `${labels.date}: ${time(generatedAt)}`, { x: box.x + box.width * 0.64, y: box.y + 10, maxWidth: box.width * 0.36 }, { size: 9 })
}

/** The part that comes back: lines to write on, the study's number, and what this paper is not. */
function drawReply(document: Document, report: StudyReport, box: Box & { readonly words: LetterWords }): void {
  const { x, y, width, words } = box
  document.save().dash(4, { space: 3 })
  rule(document, { x, width }, y)
  document.restore()
  drawLine(document, words.reply, { x, y: y + 8, maxWidth: width }, { size: 9.5, bold: true })
  drawLine(document, `${report.patient?.name ?? ''}   ${report.study.id}`, { x, y: y + 24, maxWidth: width }, { size: 9 })
  for (const [index, label] of [words.found, words.done].entries()) {
    const top = y + 44 + index * 52
    drawLine(document, label, { x, y: top, maxWidth: width }, { size: 8, colour: FAINT })
    rule(document, { x, width }, top + 28)
    rule(document, { x, width }, top + 46)
  }
  rule(document, { x, width: width * 0.6 }, y + 166)
  drawLine(document, `${report.labels.signature}, ${report.labels.date}`, { x, y: y + 169, maxWidth: width * 0.6 }, { size: 8, colour: FAINT })
  drawLine(document, report.labels.notCertified, { x, y: y + 181, maxWidth: width }, { size: 8, bold: true })
}
