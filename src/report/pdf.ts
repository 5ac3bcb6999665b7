import type { IsoTime } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import type { Study } from '../domain/study.js'
import type { Headline } from './headline.js'
import type { ReportLabels, ReportSay } from './labels.js'
import { englishLabels, plainWords } from './labels.js'
import { closePage, openPage } from './page.js'
import type { Box } from './page.js'
import * as sections from './sections.js'

export type StudyReportInput = {
  readonly study: Study
  readonly patient?: Patient
  /** JPEG or PNG (nothing else), best at most 1280 pixels long. */
  readonly image?: Buffer
  /** PNG overlay of the image's aspect, transparent where cold. */
  readonly heatmap?: Buffer
  /** The picture under the heatmap, where that is of another frame of a clip than `image`. */
  readonly heatmapOf?: Buffer
  readonly siteName: string
  /** BCP 47, for dates and the document's language. */
  readonly locale: string
  readonly generatedAt: IsoTime
  /** IANA name for the times on the paper; UTC (and said so) when left out. */
  readonly timeZone?: string
  /** What both eyes of the person ask for, say; the verdict of the study when left out. */
  readonly headline?: Headline
  /** The pack's own limits, from its manifest; a table by finding stands in when left out. */
  readonly limits?: readonly string[]
  /** Another language's words. */
  readonly labels?: ReportLabels
  /** What codes are called in that language; the data's own English words when left out. */
  readonly say?: ReportSay
  readonly direction?: 'ltr' | 'rtl'
}

/** The input with its defaults, and dates written in the reader's way. */
export type StudyReport = StudyReportInput & {
  readonly labels: ReportLabels
  readonly say: ReportSay
  /** Date and time with zone. */
  readonly time: (time: IsoTime) => string
  /** Date of an ISO date, whatever the zone. */
  readonly day: (date: string) => string
}

const LEFT = 42
const WIDTH = 595.28 - 2 * LEFT
const GAP = 18
const HALF = (WIDTH - GAP) / 2

const across = (y: number, height: number): Box => ({ x: LEFT, y, width: WIDTH, height })
const leftHalf = (y: number, height: number): Box => ({ x: LEFT, y, width: HALF, height })
const rightHalf = (y: number, height: number): Box => ({ x: LEFT + HALF + GAP, y, width: HALF, height })

/**
 * One A4 page that says what was found, how sure, by what, and what it does not say. The same input gives the same bytes.
 * A picture that can't be embedded is said to be missing; it never prevents the report.
 */
export function studyReportPdf(input: StudyReportInput): Promise<Buffer> {
  const report = withDefaults(input)
  const document = openPage({ title: `${report.labels.title} ${input.study.id}`, language: input.locale, createdAt: new Date(input.generatedAt), ...(input.direction ? { direction: input.direction } : {}) })
  sections.drawHeader(document, report, across(36, 64))
  sections.drawPatient(document, report, leftHalf(112, 84))
  sections.drawStudy(document, report, rightHalf(112, 84))
  sections.drawVerdict(document, report, across(202, 46))
  sections.drawPictures(document, report, across(262, 214))
  sections.drawFindings(document, report, { ...across(488, 98), width: WIDTH * 0.6 })
  sections.drawQuality(document, report, { x: LEFT + WIDTH * 0.6 + GAP, y: 488, width: WIDTH * 0.4 - GAP, height: 98 })
  sections.drawLimits(document, report, across(594, 88))
  sections.drawReviews(document, report, across(688, 54))
  sections.drawFooter(document, report, across(744, 72))
  return closePage(document)
}

/** The input with English where no other words are given. */
export function withDefaults(input: StudyReportInput): StudyReport {
  const timeZone = input.timeZone ?? 'UTC'
  const time = new Intl.DateTimeFormat(input.locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const day = new Intl.DateTimeFormat(input.locale, { dateStyle: 'medium', timeZone: 'UTC' })
  return {
    ...input, labels: input.labels ?? englishLabels, say: input.say ?? plainWords,
    time: (iso) => `${time.format(new Date(iso))} ${timeZone}`,
    day: (date) => (Number.isNaN(Date.parse(date)) ? date : day.format(new Date(date)))
  }
}
