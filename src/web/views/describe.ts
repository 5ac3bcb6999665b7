import type { Laterality, Modality } from '../../domain/image-content.js'
import type { Patient } from '../../domain/patient.js'
import { ageYearsOn, pregnancyOn } from '../../domain/patient.js'
import type { Problem } from '../../domain/problem.js'
import type { StudySummary } from '../../domain/study.js'
import type { Words } from '../../i18n/words.js'
import type { IconName } from './icon.js'

const MODALITY_ICONS: Readonly<Record<Modality, IconName>> = { fundus: 'eye', cxr: 'chest', ultrasound: 'probe' }

export const modalityIcon = (modality: Modality | undefined): IconName => (modality ? MODALITY_ICONS[modality] : 'image')

/** `Eye photo · left eye`, `Chest X-ray`; sides are said of eyes only. */
export function kindOfImage(words: Words, modality: Modality | undefined, laterality: Laterality | undefined): string {
  const kind = words.t(modality ? `modality.${modality}` : 'modality.unknown')
  return modality === 'fundus' && laterality ? `${kind} · ${words.t(`eye.${laterality}`)}` : kind
}

/** `F · 54 years · 0032`: enough beside a name. */
export function shortFacts(words: Words, patient: Patient, now: string): string {
  const age = ageYearsOn(patient, now)
  return [patient.sex && words.t(`sex.${patient.sex}`), age !== undefined && words.t('patient.years', { count: age }), patient.identifier].filter(Boolean).join(' · ')
}

/** `F · 54 y · Kisumu · 0032`: what tells two people of one name apart. */
export function patientFacts(words: Words, patient: Patient, now: string): string {
  return [shortFacts(words, patient, now), pregnancyOn(patient, now) === 'yes' && words.t('patient.pregnant'), patient.village, patient.phone].filter(Boolean).join(' · ')
}

/** One sentence of advice in the language of the page; a person's own words stay as they wrote them. */
export const adviceText = (words: Words, text: string, code: string | undefined): string =>
  (code === undefined ? text : words.translated(`triage.${code}`, text))

/** What to do next with a study, in one sentence. */
export function nextStepText(words: Words, study: Pick<StudySummary, 'state' | 'triageText' | 'triageLevel' | 'triageCode' | 'gradable' | 'awaitsAge'> & { readonly reviewed?: boolean }): string {
  if (study.state === 'received' || study.state === 'analysing') return words.t('next.pending')
  if (study.state === 'needs-input') return words.t('next.question')
  if (study.state === 'failed') return words.t('next.failed')
  if (study.awaitsAge) return words.t('question.how-old')
  if (study.triageLevel === 'none' && study.gradable === false && !study.reviewed) return words.t('next.ungradable')
  return study.triageText === undefined ? words.t('next.open') : adviceText(words, study.triageText, study.triageCode)
}

/** `today 14:05`, or the date and time. */
export function whenText(words: Words, iso: string, now: string): string {
  const day = words.date(iso)
  return day === words.date(now) ? words.t('time.today', { time: words.time(iso) }) : words.t('time.on', { day, time: words.time(iso) })
}

/** A refusal in the language of the page; in English the rule's own words, which know the limits. One code may say more of one field. */
export const problemText = (words: Words, { code, message, path }: Problem): string => words.translated(`problem.${code}.${path ?? ''}`, words.translated(`problem.${code}`, message))

/** Bytes as `3.2 MB`. */
export function sizeText(words: Words, bytes: number): string {
  const [value, unit] = bytes >= 1e9 ? [bytes / 1e9, 'GB'] : bytes >= 1e6 ? [bytes / 1e6, 'MB'] : [bytes / 1e3, 'kB']
  return `${words.number(value, value < 10 ? 1 : 0)} ${unit}`
}
