import type { Finding, TriageLevel } from '../domain/finding.js'
import type { Patient } from '../domain/patient.js'
import type { Study } from '../domain/study.js'
import { findingsInForce, sureLateralityOf, verdictOf } from '../domain/study.js'
import { shownRegions } from '../domain/study-additions.js'
import { headlineOf } from './headline.js'
import { isOneEye } from './labels.js'
import { limitsFor } from './limits-table.js'
import type { StudyReport } from './pdf.js'
import { drawFitted, drawLine, drawPicture, drawQrCode, FAINT, INK, placed } from './page.js'
import type { Box, Document } from './page.js'

const LEVEL_COLOURS: Readonly<Record<TriageLevel, string>> = {
  immediate: '#7b0019', urgent: '#b3261e', soon: '#a85b00', routine: '#1d6b38', none: '#4a4a4a'
}
const MODEL_HASH_DIGITS = 12
const REVIEWS_SHOWN = 3
const MOST_FINDINGS = 3
const LINE = 11.3

/** Site, title, study id as text and as a QR code. */
export function drawHeader(document: Document, report: StudyReport, box: Box): void {
  const room = box.width - box.height - 12
  drawLine(document, report.siteName, { x: box.x, y: box.y, maxWidth: room }, { size: 16, bold: true })
  drawLine(document, report.labels.title, { x: box.x, y: box.y + 22, maxWidth: room }, { size: 11, colour: FAINT })
  drawLine(document, report.study.id, { x: box.x, y: box.y + 42, maxWidth: room }, { size: 11, bold: true })
  drawQrCode(document, report.study.id, { ...box, x: box.x + box.width - box.height, width: box.height })
}

/** The registered person, or what the device claimed. */
export function drawPatient(document: Document, report: StudyReport, box: Box): void {
  const { labels, patient, study } = report
  heading(document, labels.patient, box)
  const rows = patient ? patientRows(report, patient) : claimedRows(report, study)
  const name = patient?.name ?? labels.noPatient
  drawLine(document, name, { x: box.x, y: box.y + 14, maxWidth: box.width }, { size: 12, bold: true })
  drawRows(document, rows, { ...box, y: box.y + 31 })
}

type Row = readonly [label: string, value: string]

function patientRows(report: StudyReport, patient: Patient): Row[] {
  const { labels, day } = report
  const age = patient.age && `${patient.age.years} ${labels.ageOn} ${day(patient.age.onDate)}`
  return [
    [labels.identifier, [patient.identifier, patient.id].filter(Boolean).join(' / ')],
    [labels.sex, patient.sex ? report.say.sex(patient.sex) : labels.unknown],
    patient.birthDate || !age ? [labels.born, patient.birthDate ? day(patient.birthDate) : labels.unknown] : [labels.age, age],
    ...(patient.village ? [[labels.village, patient.village] as const] : [])
  ]
}

function claimedRows({ labels }: StudyReport, { dicom }: Study): Row[] {
  const claimed = [dicom?.patientName, dicom?.patientId, dicom?.patientBirthDate, dicom?.patientSex].filter(Boolean).join(', ')
  return claimed ? [[labels.asSent, claimed]] : []
}

/** When, where from and what of. */
export function drawStudy(document: Document, report: StudyReport, box: Box): void {
  const { labels, study, time } = report
  heading(document, labels.study, box)
  const eye = study.modality === 'fundus' ? sureLateralityOf(study) : undefined
  const side = eye && (eye === 'L' ? labels.left : labels.right)
  const kind = study.modality ? labels.modalities[study.modality] : labels.unknown
  drawRows(document, [
    [labels.kind, [kind, side].filter(Boolean).join(', ')],
    [labels.received, time(study.receivedAt) + (study.timeUncertain ? ` (${labels.timeUncertain})` : '')],
    ...(study.dicom?.studyDate ? [[labels.taken, study.dicom.studyDate] as const] : []),
    [labels.device, [study.source.kind, study.source.deviceId].join(' / ')]
  ], { ...box, y: box.y + 15 })
}

/** The level as a word on its colour, and the sentence that says what to do next; below it what this eye alone says, and what the model said when a person changed it. */
export function drawVerdict(document: Document, report: StudyReport, box: Box): void {
  const { level, word, text, alone } = headlineOf(report)
  document.roundedRect(box.x, box.y, box.width, box.height, 4).fill(LEVEL_COLOURS[level])
  drawLine(document, word, { x: box.x + 12, y: box.y + box.height / 2 - 9, maxWidth: 122 }, { size: 18, bold: true, colour: '#ffffff' })
  drawFitted(document, text, { x: box.x + 142, y: box.y + 6, width: box.width - 154, height: box.height - 10 }, { sizes: [11, 10, 9, 8], colour: '#ffffff' })
  drawLine(document, [alone, modelSaid(report)].filter(Boolean).join(' '), { x: box.x, y: box.y + box.height + 3, maxWidth: box.width }, { size: alone ? 9 : 8, colour: alone ? INK : FAINT })
}

/** What the model had said of this image, where a person or the answers changed it. */
function modelSaid({ study, labels, say }: StudyReport): string | undefined {
  const verdict = verdictOf(study)
  if (!study.triage || !verdict || study.triage === verdict) return undefined
  return `${labels.modelSaid}: ${isOneEye(study, study.triage.level) ? labels.eyeClear : `${labels.levels[study.triage.level]}. ${say.advice(study.triage)}`}`
}

/** The picture, and the same with the heatmap over it. */
export function drawPictures(document: Document, report: StudyReport, box: Box): void {
  const { labels, image, study, heatmapOf = image } = report
  const heatmap = isWithdrawn(study) ? undefined : report.heatmap
  const large = { ...box, width: image && heatmap ? box.width * 0.58 : box.width, height: box.height - 14 }
  const shown = image && drawPicture(document, image, large)
  if (shown) drawPlaces(document, report, large)
  caption(document, shown ? labels.image : labels.noImage, large)
  if (!shown || !heatmap || !heatmapOf) return
  const small = { ...box, x: box.x + box.width * 0.6, width: box.width * 0.4, height: box.height - 14 }
  drawPicture(document, heatmapOf, small)
  drawPicture(document, heatmap, small)
  caption(document, labels.heatmap, small)
}

/** A clinician rejected what was found, or it is of an earlier reading that could not be made again: it leaves on no paper. */
const isWithdrawn = (study: Study): boolean => (study.reading?.findings ?? []).length > 0 && findingsInForce(study).length === 0

/** The places that clinicians marked, on the picture as it was fitted into its box. */
function drawPlaces(document: Document, { study }: StudyReport, where: Box): void {
  const { image } = study.reading ?? {}
  if (!image) return
  const box = placed(document, where)
  const scale = Math.min(box.width / image.width, box.height / image.height)
  const [left, top] = [box.x + (box.width - image.width * scale) / 2, box.y + (box.height - image.height * scale) / 2]
  for (const { frame, x, y, width, height } of shownRegions(study).filter((region) => region.frame === 0)) {
    if (frame === 0) document.lineWidth(1.2).strokeColor('#00b7e0').rect(left + x * image.width * scale, top + y * image.height * scale, width * image.width * scale, height * image.height * scale).stroke()
  }
}

const caption = (document: Document, text: string, under: Box): void => {
  drawLine(document, text, { x: under.x, y: under.y + under.height + 4, maxWidth: under.width }, { size: 7.5, colour: FAINT })
}

/** Each score beside its threshold and outcome, then the quality of the image. */
export function drawFindings(document: Document, report: StudyReport, box: Box): void {
  const { labels, study } = report
  if (isWithdrawn(study)) return
  heading(document, labels.findings, box)
  const findings = study.reading?.findings ?? []
  const columns = [0, 0.46, 0.58, 0.73].map((part) => box.x + part * box.width)
  const cell = (text: string, at: { column: number; y: number }, bold: boolean): number => {
    const x = columns[at.column] ?? box.x
    return drawFitted(document, text, { x, y: at.y, width: (columns[at.column + 1] ?? box.x + box.width) - x - 6, height: 2 * LINE }, { sizes: [8.5, 8, 7.5], bold, colour: bold ? INK : FAINT })
  }
  if (findings.length === 0) drawLine(document, labels.noFindings, { x: box.x, y: box.y + 16, maxWidth: box.width }, { size: 9 })
  else [labels.score, labels.threshold, labels.outcome].forEach((label, index) => cell(label, { column: index + 1, y: box.y + 13 }, false))
  let y = box.y + 26
  for (const finding of printed(findings)) {
    const name = { x: box.x, y, width: (columns[1] ?? box.x) - box.x - 8, height: 2 * LINE }
    const used = drawFitted(document, report.say.finding(finding), name, { sizes: [8.5, 8, 7.5, 7], bold: finding.positive, colour: finding.positive ? INK : FAINT })
    const heights = findingCells(finding, report).map((text, index) => cell(text, { column: index + 1, y }, finding.positive))
    y += Math.max(used, ...heights) + 2
  }
  if (study.reading?.operatingPoint)
    drawLine(document, `${labels.operatingPoint}: ${report.say.point(study.reading.operatingPoint)}`, { x: box.x, y: box.y + box.height - 12, maxWidth: box.width }, { size: 8, colour: FAINT })
}

/** Of more than there is room for, the ones that were found go first: paper that shows three negative ones alone says that nothing was found. */
const printed = (findings: readonly Finding[]): readonly Finding[] =>
  (findings.length <= MOST_FINDINGS ? findings : [...findings.filter(({ positive }) => positive), ...findings.filter(({ positive }) => !positive)].slice(0, MOST_FINDINGS))

const findingCells = (finding: Finding, { labels }: StudyReport): string[] =>
  [finding.score.toFixed(2), finding.threshold.toFixed(2), finding.positive ? labels.positive : labels.negative]

export function drawQuality(document: Document, report: StudyReport, box: Box): void {
  const { labels, study } = report
  heading(document, labels.quality, box)
  const quality = study.reading?.quality
  if (!quality) return
  const words = `${quality.gradable ? labels.gradable : labels.ungradable} (${quality.score.toFixed(2)})`
  const reasons = quality.reasons.map((reason) => report.say.reason(reason))
  drawFitted(document, [words, ...reasons].map((sentence) => sentence.replace(/[.।]$/, '')).join('. '), { ...box, y: box.y + 14, height: box.height - 14 }, { sizes: [8.5, 8, 7.5] })
}

export function drawLimits(document: Document, report: StudyReport, box: Box): void {
  heading(document, report.labels.limits, box)
  const limits = report.limits ?? limitsFor((report.study.reading?.findings ?? []).map(({ code }) => code))
  drawFitted(document, limits.join(' '), { ...box, y: box.y + 14, height: box.height - 14 }, { sizes: [8.5, 8, 7.5, 7] })
}

/** The latest decisions, newest last. */
export function drawReviews(document: Document, report: StudyReport, box: Box): void {
  const { labels, study, time } = report
  heading(document, labels.reviews, box)
  if (study.reviews.length === 0) drawLine(document, labels.noReviews, { x: box.x, y: box.y + 15, maxWidth: box.width }, { size: 8.5 })
  study.reviews.slice(-REVIEWS_SHOWN).forEach((review, index) => {
    const verdict = review.triage ? `: ${labels.levels[review.triage.level]}` : ''
    const line = `${time(review.at)}  ${review.by}  ${labels.actions[review.action]}${verdict}  ${review.reason}`
    drawLine(document, line, { x: box.x, y: box.y + 15 + index * 13, maxWidth: box.width }, { size: 8.5 })
  })
}

/** Signature line, the model, and what this paper is not. */
export function drawFooter(document: Document, report: StudyReport, box: Box): void {
  const { labels, study, generatedAt, time } = report
  const middle = box.x + box.width * 0.68
  document.lineWidth(0.7).strokeColor(INK)
  for (const line of [{ x: box.x, width: middle - 20 - box.x }, { x: middle, width: box.x + box.width - middle }].map((each) => placed(document, each))) {
    document.moveTo(line.x, box.y + 24).lineTo(line.x + line.width, box.y + 24).stroke()
  }
  drawLine(document, labels.signature, { x: box.x, y: box.y + 28, maxWidth: 200 }, { size: 7.5, colour: FAINT })
  drawLine(document, labels.date, { x: middle, y: box.y + 28, maxWidth: 100 }, { size: 7.5, colour: FAINT })
  const pack = study.reading?.pack
  const model = pack ? `${labels.model} ${pack.id} ${pack.version} (${pack.sha256.slice(0, MODEL_HASH_DIGITS)}), ${study.reading?.provider}` : labels.noModel
  drawLine(document, `${model}. ${labels.generated} ${time(generatedAt)}.`, { x: box.x, y: box.y + 46, maxWidth: box.width }, { size: 7.5, colour: FAINT })
  drawLine(document, labels.notCertified, { x: box.x, y: box.y + 58, maxWidth: box.width }, { size: 9, bold: true })
}

/** A title over a part of the page. */
export function heading(document: Document, text: string, box: Box): void {
  drawLine(document, text, { x: box.x, y: box.y, maxWidth: box.width }, { size: 9, bold: true, colour: FAINT })
}

/** Label and value, one line each. */
export function drawRows(document: Document, rows: readonly Row[], box: Box): void {
  rows.forEach(([label, value], index) => {
    const y = box.y + index * 13
    const used = drawLine(document, `${label}: `, { x: box.x, y, maxWidth: box.width * 0.5 }, { size: 8.5, colour: FAINT })
    drawLine(document, value, { x: box.x + used, y, maxWidth: box.width - used }, { size: 8.5 })
  })
}
