import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Config } from '../config/config.js'
import type { IsoTime } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import type { DerivedFile, Reading } from '../domain/reading.js'
import { heatmapShown } from '../domain/reading.js'
import type { Study } from '../domain/study.js'
import { wordsFor } from '../i18n/words.js'
import type { Words } from '../i18n/words.js'
import type { Clock } from '../platform/clock.js'
import type { EyesVerdict } from '../programmes/eyes.js'
import { programmeFor } from '../programmes/programmes.js'
import { referralLetterPdf } from '../report/letter.js'
import type { StudyReportInput } from '../report/pdf.js'
import { studyReportPdf } from '../report/pdf.js'
import type { RegisterLine } from '../report/register.js'
import { registerPdf } from '../report/register.js'
import type { StudyStore } from '../store/study-store.js'
import { headlineFor } from './report-headline.js'
import { limitSentences, reportLabels, reportSay } from './report-words.js'

type ReportParts = { readonly store: Pick<StudyStore, 'derivedFolder'>; readonly config: Pick<Config, 'siteName'>; readonly clock: Clock; readonly packsFolder: string }
export type Printed = {
  readonly language: string
  readonly kind?: 'report' | 'letter'
  /** What both eyes of the person say as whoever prints it may see them; without it a photo of an eye speaks for that eye alone. */
  readonly eyes?: EyesVerdict
  /** When it says it was printed; now when left out. */
  readonly at?: IsoTime
}

const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The printable report of a study, or the letter that refers its patient, with the pictures that the reading left and in the language asked for. */
export async function reportOf(parts: ReportParts, study: Study, printed: Printed & { readonly patient: Patient | undefined }): Promise<Buffer> {
  const words = wordsFor(printed.language)
  const basics = await inputOf(parts, study, { patient: printed.patient, words, at: printed.at ?? parts.clock.now().toISOString() })
  const isLetter = printed.kind === 'letter'
  const headline = headlineFor(words, study, { eyes: printed.eyes, isLetter })
  const input = { ...basics, ...(headline ? { headline } : {}) }
  return isLetter ? referralLetterPdf({ ...input, letter: letterWords(words, study), answers: answersOf(words, study) }) : studyReportPdf(input)
}

async function inputOf({ store, config, packsFolder }: ReportParts, study: Study, { patient, words, at }: { patient: Patient | undefined; words: Words; at: IsoTime }): Promise<StudyReportInput> {
  const { reading } = study
  const load: Load = async (file) => (file === undefined ? undefined : readFile(join(store.derivedFolder(study.id), file.name)).catch(() => undefined))
  const own = words.locale === 'en' ? await packLimits(packsFolder, study) : undefined
  return {
    study, patient, image: await load(reading?.derived.find(({ role }) => role === 'preview')), ...await heatmapWith(load, reading), siteName: config.siteName,
    locale: words.locale === 'en' ? 'en-GB' : words.locale, direction: words.direction, timeZone: localZone(), generatedAt: at,
    labels: reportLabels(words), say: reportSay(words), limits: own ?? limitSentences(words, reading?.findings ?? [])
  }
}

type Load = (file: DerivedFile | undefined) => Promise<Buffer | undefined>

/** The heatmap, and of a clip the frame that it is of: over another one it would mark a place that nobody saw. Without that frame it is left out. */
async function heatmapWith(load: Load, reading: Reading | undefined): Promise<Pick<StudyReportInput, 'heatmap' | 'heatmapOf'>> {
  const shown = reading && heatmapShown(reading)
  const { frame = 0 } = shown ?? {}
  if (frame === 0) return { heatmap: await load(shown) }
  const heatmapOf = await load(reading?.derived.find((file) => file.role === 'preview' && file.frame === frame))
  return heatmapOf ? { heatmapOf, heatmap: await load(shown) } : {}
}

/** What the pack says of itself, in English; undefined when its folder is gone. */
async function packLimits(packsFolder: string, { reading }: Study): Promise<string[] | undefined> {
  if (!reading?.pack) return undefined
  const { id, version } = reading.pack
  for (const folder of packsFolder.split(delimiter)) {
    const text = await readFile(join(folder, id, version, 'manifest.json'), 'utf8').catch(() => '{}')
    const { limits } = JSON.parse(text) as { limits?: unknown }
    if (Array.isArray(limits) && limits.length > 0) return limits.map(String)
  }
  return undefined
}

const letterWords = ({ t }: Words, study: Study) => ({
  title: t('letter.title'), to: t(`letter.to.${study.modality ?? 'ultrasound'}`), please: t('letter.please'), asked: t('letter.asked'), reply: t('letter.reply'), found: t('letter.found'), done: t('letter.done')
})

/** The programme's answers as label and value. */
function answersOf(words: Words, study: Study): (readonly [string, string])[] {
  const programme = programmeFor(study.modality)
  const { answers, ofAnother } = study.programmeAnswers ?? {}
  if (!programme || !answers || ofAnother) return []
  return programme.fields.flatMap(({ name, ...field }) => {
    const value = answers[name]
    if (value === undefined) return []
    const said = typeof value === 'number' ? `${words.number(value, Number.isInteger(value) ? 0 : 1)}${field.kind === 'number' && field.unit ? ` ${field.unit}` : ''}` : words.coded(`option.${value}`, value)
    return [[words.coded(`field.${programme.id}.${name}`, name), said] as const]
  })
}

/** A day's register on paper. */
export function registerOf({ config, clock }: Pick<ReportParts, 'config' | 'clock'>, register: { readonly day: string; readonly lines: readonly RegisterLine[]; readonly language: string }): Promise<Buffer> {
  const words = wordsFor(register.language)
  const { t } = words
  return registerPdf({
    siteName: config.siteName, title: t('register.title'), day: words.date(`${register.day}T12:00:00.000Z`), lines: register.lines, none: t('register.none'), note: t('disclaimer'),
    columns: [t('register.time'), t('register.who'), t('form.village'), t('print.image'), t('register.verdict'), t('register.signed')],
    locale: words.locale, direction: words.direction, generatedAt: clock.now().toISOString()
  })
}
