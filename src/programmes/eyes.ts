import type { TriageLevel } from '../domain/finding.js'
import type { IsoTime, StudyId } from '../domain/ids.js'
import type { Laterality } from '../domain/image-content.js'
import type { EyeExcuse, EyeExcuses } from '../domain/patient.js'
import { byUrgencyOfLevel } from '../domain/programme-answers.js'
import type { Study, StudySummary } from '../domain/study.js'
import { verdictOf } from '../domain/study.js'

/** One eye photo as far as the verdict of the person depends on it. */
export type EyePhoto = {
  readonly id: StudyId
  /** In which order they came, whatever a clock said. */
  readonly sequence: number
  readonly side?: Laterality
  readonly receivedAt: IsoTime
  /** open: not read yet, or a person must answer first. useless: ungradable, failed, or rejected by a clinician. */
  readonly outcome: 'referable' | 'clear' | 'useless' | 'open'
  readonly level: TriageLevel
  readonly text: string
  readonly code?: string
}

/** An eye as its photos of this round leave it; `tries` counts the useless ones, `by` is the photo that decides. */
export type EyeState = {
  readonly status: 'referable' | 'clear' | 'ungradable' | 'open' | 'missing' | 'excused'
  readonly tries: number
  readonly by?: EyePhoto
  readonly excuse?: EyeExcuse
}

/**
 * The verdict of a person from both eyes. referable: at the level of the worst eye. refer-ungradable: an eye could not be graded in
 * `ENOUGH_TRIES` tries. incomplete: retake, or refer. waiting: a photo is being read. not-referable: both eyes are clear, or one is and the other is excused.
 */
export type EyesVerdict = {
  readonly verdict: 'referable' | 'refer-ungradable' | 'incomplete' | 'waiting' | 'not-referable'
  readonly level: TriageLevel
  readonly text: string
  readonly code: string
  readonly worst?: EyePhoto
  readonly eyes: Readonly<Record<Laterality, EyeState>>
  /** Photos of this round, newest first. */
  readonly round: readonly StudyId[]
  /** How many of them do not say which eye they show. */
  readonly unsided: number
}

/** After so many useless photos of an eye the advice is to refer instead of trying again: a choice of ours. */
export const ENOUGH_TRIES = 2
/** Photos of one screening round lie within so many days of the one that came last, which a clock that was wrong may have dated before others: the second eye may be photographed at the next visit. */
const ROUND_DAYS = 30
/** So many photos of a person's eyes are looked at, the newest ones, wherever both eyes are: lists and pages must not differ. */
export const MOST_PHOTOS = 100

const DAY_MS = 86_400_000
const REFERABLE: readonly TriageLevel[] = ['soon', 'urgent', 'immediate']

/** Of an eye photo, what counts for the person; undefined for every other kind of image. A side that is in doubt is none: it clears no eye. */
export function eyePhotoOf(study: Study): EyePhoto | undefined {
  if ((study.modality ?? study.reading?.modality) !== 'fundus') return undefined
  const isDoubted = study.questions.some(({ code }) => code === 'laterality-conflict')
  const side = isDoubted ? undefined : study.answers.laterality ?? study.laterality
  const verdict = verdictOf(study)
  const level = verdict?.level ?? 'none'
  return { id: study.id, sequence: study.sequence, receivedAt: study.receivedAt, outcome: outcomeOf(study, level), level, text: verdict?.text ?? '', ...(verdict?.code ? { code: verdict.code } : {}), ...(side ? { side } : {}) }
}

/** The same from its line in the index, which says no side while one is in doubt. */
export function eyePhotoOfLine({ id, sequence, modality, receivedAt, state, triageLevel: level, triageText: text = '', triageCode, laterality }: StudySummary): EyePhoto | undefined {
  if (modality !== 'fundus') return undefined
  return { id, sequence, receivedAt, outcome: outcomeOf({ state }, level), level, text, ...(triageCode ? { code: triageCode } : {}), ...(laterality ? { side: laterality } : {}) }
}

/** What asks for a referral counts whatever else is wrong with the photo; only a verdict in force makes an eye clear. */
function outcomeOf(study: Pick<Study, 'state'>, level: TriageLevel): EyePhoto['outcome'] {
  if (study.state === 'received' || study.state === 'analysing') return 'open'
  if (REFERABLE.includes(level)) return 'referable'
  if (study.state === 'needs-input') return 'open'
  return study.state === 'ready' && level === 'routine' ? 'clear' : 'useless'
}

/** The person's verdict from the photos of the newest round; undefined where there is none of an eye. */
export const eyesVerdict = (photos: readonly EyePhoto[], excuses: EyeExcuses = {}): EyesVerdict | undefined => verdictOfRound(roundOf(lastOf(photos), photos), excuses)

function verdictOfRound(round: readonly EyePhoto[], excuses: EyeExcuses): EyesVerdict | undefined {
  const [newest] = round
  if (!newest) return undefined
  const excuseOf = (side: Laterality): EyeExcuse | undefined => excuseInForce(excuses[side], newest.receivedAt)
  const eyes = { R: eyeOf(round, 'R', excuseOf('R')), L: eyeOf(round, 'L', excuseOf('L')) }
  const rest = { eyes, round: round.map(({ id }) => id), unsided: round.filter(({ side }) => side === undefined).length }
  const [worst] = round.filter(({ outcome }) => outcome === 'referable').toSorted(byUrgencyOfLevel)
  if (worst) return { verdict: 'referable', level: worst.level, text: worst.text, code: worst.code ?? 'reviewed', worst, ...rest }
  return { ...withoutReferral([eyes.R, eyes.L], round), ...rest }
}

/** The same of the round in which this photo was taken: an old photo is not judged by a newer round. */
export function eyesVerdictWith(photo: Pick<EyePhoto, 'id' | 'receivedAt'>, photos: readonly EyePhoto[], excuses: EyeExcuses = {}): EyesVerdict | undefined {
  const newest = eyesVerdict(photos, excuses)
  if (!newest || newest.round.includes(photo.id)) return newest
  const begin = Date.parse(photo.receivedAt)
  const until = photos.filter(({ receivedAt }) => Date.parse(receivedAt) <= begin + ROUND_DAYS * DAY_MS)
  const last = lastOf(until.filter(({ receivedAt }) => Date.parse(receivedAt) >= begin)) ?? lastOf(until)
  return verdictOfRound(roundOf(last, until), excuses)
}

/** Both eyes speak for a person; an eye that is waited for, asked about or itself the worst speaks for itself. */
export const eyesOver = ({ id, state }: Pick<StudySummary, 'id' | 'state'>, eyes: EyesVerdict | undefined): EyesVerdict | undefined =>
  (state === 'ready' && eyes?.worst?.id !== id ? eyes : undefined)

/** The level at which a list shows photos of eyes where that is not their own, from all lines of one person or the line of nobody. */
export function levelsShown(lines: readonly StudySummary[], excuses: EyeExcuses = {}): Map<StudyId, TriageLevel> {
  const eyes = lines.filter(({ modality }) => modality === 'fundus').toSorted((a, b) => b.sequence - a.sequence).slice(0, MOST_PHOTOS)
  const photos = eyes.flatMap((line) => eyePhotoOfLine(line) ?? [])
  const newest = eyesVerdict(photos, excuses)
  return new Map(eyes.flatMap((line): [StudyId, TriageLevel][] => {
    const over = eyesOver(line, newest?.round.includes(line.id) ? newest : eyesVerdictWith(line, photos, excuses))
    return over && over.level !== line.triageLevel ? [[line.id, over.level]] : []
  }))
}

const SAID = {
  incomplete: { verdict: 'incomplete', level: 'none', code: 'eyes-incomplete', text: 'incomplete: retake, or refer' },
  waiting: { verdict: 'waiting', level: 'none', code: 'eyes-waiting', text: 'A photo is still being read.' },
  ungradable: { verdict: 'refer-ungradable', level: 'none', code: 'eyes-refer-ungradable', text: 'Refer the patient to an eye doctor as ungradable.' },
  clear: { verdict: 'not-referable', level: 'routine', code: 'eyes-clear', text: 'No diabetic eye disease to refer in either eye: photograph again in 12 months, and keep sugar and blood pressure under control. Macular oedema is not assessed.' }
} as const satisfies Record<string, Omit<EyesVerdict, 'eyes' | 'round' | 'unsided'>>

function withoutReferral(eyes: readonly EyeState[], round: readonly EyePhoto[]): Omit<EyesVerdict, 'eyes' | 'round' | 'unsided'> {
  if (eyes.some(({ status, tries }) => status === 'ungradable' && tries >= ENOUGH_TRIES)) return SAID.ungradable
  if (eyes.some(({ status }) => status === 'open') || round.some(({ side, outcome }) => side === undefined && outcome === 'open')) return SAID.waiting
  const isDone = eyes.every(({ status }) => status === 'clear' || status === 'excused') && eyes.some(({ status }) => status === 'clear')
  return isDone ? SAID.clear : SAID.incomplete
}

const newestFirst = (a: EyePhoto, b: EyePhoto): number => b.sequence - a.sequence

type Moment = Pick<EyePhoto, 'sequence' | 'receivedAt'>

const lastOf = <T extends Moment>(photos: readonly T[]): T | undefined => photos.reduce<T | undefined>((last, one) => (last === undefined || one.sequence > last.sequence ? one : last), undefined)

/** Whether one lies within a round of the other's day. */
export const isInRoundOf = (last: Pick<Moment, 'receivedAt'>, { receivedAt }: Pick<Moment, 'receivedAt'>): boolean => Math.abs(Date.parse(last.receivedAt) - Date.parse(receivedAt)) <= ROUND_DAYS * DAY_MS

/** Newest first. */
const roundOf = (last: EyePhoto | undefined, photos: readonly EyePhoto[]): EyePhoto[] => (last ? photos.filter((photo) => isInRoundOf(last, photo)).toSorted(newestFirst) : [])

/** Whether it is of another round than the newest of these photos. */
export function isOldRound(photo: Moment, photos: readonly Moment[]): boolean {
  const last = lastOf(photos)
  return last !== undefined && !isInRoundOf(last, photo)
}

/** A lost eye stays lost; every other reason holds for the round in which it was given. */
function excuseInForce(given: EyeExcuses[Laterality], newest: IsoTime): EyeExcuse | undefined {
  if (!given) return undefined
  return given.excuse === 'no-eye' || Math.abs(Date.parse(newest) - Date.parse(given.at)) <= ROUND_DAYS * DAY_MS ? given.excuse : undefined
}

/** A gradable photo decides over useless ones. An excuse stands for a photo that was not taken; in place of one that failed only an eye doctor's care does. */
function eyeOf(round: readonly EyePhoto[], side: Laterality, excuse: EyeExcuse | undefined): EyeState {
  const own = round.filter((photo) => photo.side === side)
  const tries = own.filter(({ outcome }) => outcome === 'useless').length
  const [worst] = own.filter(({ outcome }) => outcome === 'referable').toSorted(byUrgencyOfLevel)
  const found = worst ?? own.find(({ outcome }) => outcome === 'open') ?? own.find(({ outcome }) => outcome === 'clear')
  if (found) return { status: found.outcome as 'referable' | 'open' | 'clear', tries, by: found }
  const [latest] = own
  if (excuse && (!latest || excuse === 'in-care')) return { status: 'excused', tries, excuse }
  return latest ? { status: 'ungradable', tries, by: latest } : { status: 'missing', tries }
}
