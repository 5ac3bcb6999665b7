import type { ArrivalSource } from './arrival.js'
import type { Delivery, ReportRevision, Settled } from './delivery.js'
import type { Finding, Triage, TriageLevel } from './finding.js'
import type { IsoTime, PatientId, StudyId } from './ids.js'
import type { ContentKind, DicomFacts, Laterality, Modality } from './image-content.js'
import type { Overread } from './overread.js'
import type { Problem } from './problem.js'
import type { ProgrammeAnswers } from './programme-answers.js'
import { mostUrgent } from './programme-answers.js'
import type { Reading } from './reading.js'
import type { VisitId } from './visit.js'

/**
 * received: durable, waiting to be read. needs-input: a person must answer (which pack, what age, take it again).
 * analysing: a reading is under way (derived, never resumed). ready: verdict stored. failed: reading gave up.
 */
export type StudyState = 'received' | 'needs-input' | 'analysing' | 'ready' | 'failed'

/** The bytes exactly as received, content-addressed inside the study folder. */
export type StoredObject = {
  /** File name inside the folder, `<sha256>.<dcm|jpg|png|tif|bmp>`. */
  readonly name: string
  readonly sha256: string
  readonly bytes: number
  readonly content: ContentKind
  /** Identifies the object for "sent twice is one object": sha256 of a DICOM data set, else of the file. */
  readonly fingerprint: string
  readonly sopInstanceUid?: string
  readonly originalName?: string
  /** The bytes as received were lost, and others stand in for them. */
  readonly standIn?: StandIn
}

/** A copy of the same image that came back from an archive or a device; its header may have been changed there. */
export type StandIn = { readonly name: string; readonly sha256: string; readonly bytes: number; /** Id of the destination or device. */ readonly from: string; readonly at: IsoTime }

/** The file that holds an object's bytes now. */
export const bytesOf = (object: StoredObject): Pick<StandIn, 'name' | 'sha256' | 'bytes'> => object.standIn ?? object

export type ReviewDecision = {
  readonly at: IsoTime
  readonly by: string
  readonly action: 'accept' | 'change' | 'reject'
  /** The verdict after a change, or the one that was accepted. */
  readonly triage?: Triage
  readonly reason: string
  /** The programme asks for a second reader who does not see this decision. */
  readonly asksSecond?: boolean
  /** Made without seeing what the first reader decided. */
  readonly blind?: boolean
}

/** What somebody wrote beside the verdict. */
export type StudyNote = { readonly at: IsoTime; readonly by: string; readonly text: string }

/** A place that a clinician marked, in parts (0 to 1) of the picture's width and height from its upper left corner. */
export type Region = {
  readonly id: string
  readonly at: IsoTime
  readonly by: string
  readonly frame: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly text: string
  readonly withdrawn?: { readonly at: IsoTime; readonly by: string }
  /** The paper is another one for it; absent of what an earlier release marked, whose papers have left. */
  readonly ownPaper?: true
}

/** What became of it later: a kind and a value of the programme's list, on which day. The last of a kind counts, all are kept. */
export type Outcome = { readonly at: IsoTime; readonly by: string; readonly kind: string; readonly value: string; readonly onDate: string; readonly note?: string }

/** Notes and results of a person whom the image was attached to before. */
export type SaidOf = { readonly patientId: PatientId; readonly notes?: readonly StudyNote[]; readonly outcomes?: readonly Outcome[] }

/** One line of what happened; `by` is a login id, `system` or a device id. Never patient data. */
export type HistoryEntry = { readonly at: IsoTime; readonly event: string; readonly by: string; readonly detail?: string }

/** A question that only a person can answer before (or after) the reading. */
export type Question = { readonly code: 'which-pack' | 'age-unknown' | 'laterality-conflict' | 'same-uid-other-content' | 'whose-is-this'; readonly text: string }

/** Asked of the later of two. */
export const SAME_UID: Question = {
  code: 'same-uid-other-content',
  text: 'Another image came with the same DICOM number but different content. Compare both, and check that each belongs to the right patient.'
}

/** Its SOP Instance UID is an earlier study's: under that one it can not leave, since an archive keeps one object of a UID and answers for that. */
export const isOfTakenUid = ({ questions }: Pick<Study, 'questions'>): boolean => questions.some(({ code }) => code === SAME_UID.code)

/**
 * One acquired object (an image or a clip) and all that is known of it: `study.json`. Pairs and visits are made of several.
 * `revision` grows by one with every change; a writer names the revision it read.
 */
export type Study = {
  readonly formatVersion: 1
  readonly id: StudyId
  readonly revision: number
  readonly state: StudyState
  readonly receivedAt: IsoTime
  /** True when the clock was not trusted at receipt. Order is by `sequence`, which always grows. */
  readonly timeUncertain: boolean
  /** Tells later, when the time is known, what the time was: the boot, and seconds since it. Only while the time is uncertain. */
  readonly arrivalClock?: BootTime
  /** What the clock said at receipt, where `receivedAt` was put right afterwards. */
  readonly receivedAtOriginal?: IsoTime
  /** How many revisions of the report there were then: those name the time of before. */
  readonly reportsBeforeTime?: number
  readonly sequence: number
  readonly source: ArrivalSource
  readonly object: StoredObject
  readonly dicom?: DicomFacts
  /** Set by a person: overrides what the content said. */
  readonly answers: { readonly packId?: string; readonly ageYears?: number; readonly laterality?: Laterality }
  readonly patientId?: PatientId
  /** The visit it was taken in, and the code of what was to be taken (`eye-left`). */
  readonly visitId?: VisitId
  readonly take?: string
  /** The visit that held the device, while a nurse has not said whose the image is. */
  readonly proposedVisitId?: VisitId
  readonly modality?: Modality
  readonly laterality?: Laterality
  /** Nobody said which eye it is: `laterality` follows from the place of the optic disc, which a camera that turns its pictures deceives. */
  readonly lateralityFromDisc?: boolean
  /** The eye that it was first known as, kept once a person answered or what its visit said is forgotten: what left as that one is wrong when it is the other. */
  readonly firstLaterality?: Laterality
  readonly reading?: Reading
  readonly triage?: Triage
  /** The programme's form as last filled in; its escalations count beside the image's verdict. */
  readonly programmeAnswers?: ProgrammeAnswers
  readonly questions: readonly Question[]
  readonly reviews: readonly ReviewDecision[]
  readonly notes?: readonly StudyNote[]
  readonly regions?: readonly Region[]
  readonly outcomes?: readonly Outcome[]
  /** What was noted and entered while the image was another person's: said of them, never of whose it is now. */
  readonly saidOfOthers?: readonly SaidOf[]
  /** What radiologists of the centre wrote of it. */
  readonly overreads?: readonly Overread[]
  /** Readings begun and not finished; a study that kills the reader twice is set aside. */
  readonly attempts: number
  readonly failure?: Problem
  /** Revisions of the report, oldest first; absent while nothing is to leave. */
  readonly reports?: readonly ReportRevision[]
  /** Each object for each destination of the uplink. */
  readonly deliveries?: readonly Delivery[]
  /** The last revision that a person could care about, while only the uplink wrote since. */
  readonly quietSince?: number
  /** The bytes left this disk; these destinations had committed to keep them. */
  readonly evicted?: { readonly at: IsoTime; readonly archives: readonly string[] }
  readonly history: readonly HistoryEntry[]
}

/** A moment that no wrong clock can spoil: which boot of the machine, and seconds since it. */
export type BootTime = { readonly bootId: string; readonly uptimeSeconds: number }

/** What lists and search hold in memory for each study: one line of the index. */
export type StudySummary = {
  readonly id: StudyId
  readonly sequence: number
  readonly revision: number
  readonly state: StudyState
  readonly modality?: Modality
  readonly laterality?: Laterality
  readonly receivedAt: IsoTime
  readonly timeUncertain?: true
  readonly evicted?: true
  readonly patientId?: PatientId
  readonly visitId?: VisitId
  readonly take?: string
  readonly triageLevel: TriageLevel
  readonly triageText?: string
  /** Stable name of the advice, for translations; absent where a person wrote it. */
  readonly triageCode?: string
  readonly gradable?: boolean
  readonly positives: readonly string[]
  readonly reviewed: boolean
  /** A nurse is asked something of it: what it shows, how old the patient is, or which eye. */
  readonly asked?: true
  /** It could not be read: no pack for it was in service. */
  readonly lacksPack?: true
  /** It was read for the patient's age on a day that nobody could vouch for. */
  readonly ageDayUncertain?: true
  /** Its verdict waits for the patient's age. */
  readonly awaitsAge?: true
  /** A second reader is waited for, or the two disagree; `first` is who read first. */
  readonly second?: { readonly state: 'wanted' | 'discordant'; readonly first: string }
  /** Kinds of outcome that were entered later, but for somebody who did not come. */
  readonly outcomes?: readonly string[]
  /** Something came back from the centre. */
  readonly overread?: true
  /** Nothing of it is under way to any destination. */
  readonly settled?: Settled
  readonly deviceId: string
  /** Login id of who took or sent it. */
  readonly operator?: string
  readonly fingerprint: string
  readonly sopInstanceUid?: string
}

/** The eye: what a person answered, else what device, visit, file or optic disc said. */
export const lateralityOf = ({ answers, laterality }: Pick<Study, 'answers' | 'laterality'>): Laterality | undefined => answers.laterality ?? laterality

/** The same where nobody doubts it: while image, visit and optic disc disagree, nothing that is kept or leaves says a side. */
export const sureLateralityOf = (study: Pick<Study, 'answers' | 'laterality' | 'questions'>): Laterality | undefined =>
  (study.questions.some(({ code }) => code === 'laterality-conflict') ? undefined : lateralityOf(study))

/** What stands in place of a verdict that a clinician rejected: never the verdict itself. */
export const REJECTED: Triage = { level: 'none', code: 'rejected', text: 'A clinician rejected this verdict. Follow the reason given, or take the image again.' }

/**
 * The verdict in force: the last reviewer's when one changed or rejected it, else the pack's; raised where the answers of the programme's form
 * ask for more. A clinician's change stands over answers that were there to be seen, and not over later ones. Of two readers who decided
 * apart, the more urgent counts until somebody settles it.
 */
export function verdictOf(study: Study): Triage | undefined {
  const verdict = imageVerdictOf(study)
  const { programmeAnswers } = study
  if (!programmeAnswers || sawAnswers(study, programmeAnswers)) return verdict
  const [first, ...rest] = programmeAnswers.escalations
  if (first === undefined) return verdict
  return [first, ...rest].reduce(mostUrgent, verdict ?? first)
}

/** Nobody said how old the patient is, and the pack that read the image has a least age. */
export const isAgeUnknown = ({ questions }: Pick<Study, 'questions'>): boolean => questions.some(({ code }) => code === 'age-unknown')

/**
 * The verdict waits for the age: a score stands, but may not be one of this person, so nobody is told "routine" or "soon" from it. What is urgent,
 * what the form's answers ask for and what a clinician decided do not wait.
 */
export function awaitsAge(study: Study): boolean {
  const { triage, reviews } = study
  return isAgeUnknown(study) && reviews.length === 0 && verdictOf(study) === triage && triage?.level !== 'urgent' && triage?.level !== 'immediate'
}

/** The same without what the form's answers ask for. */
export function imageVerdictOf(study: Study): Triage | undefined {
  const pack = packVerdict(study)
  return study.reviews.reduce((inForce, review) => afterReview(pack, inForce, review), pack)
}

/** Something else was sent than what is read here, and nobody has said more of it: there is nothing of a person in it to refer. */
export const isWrongImage = (study: Study): boolean =>
  (study.reading?.quality.reasons.some(({ code }) => code === 'wrong-image') ?? false) && (verdictOf(study)?.level ?? 'none') === 'none'

/** It is known what it shows, and no pack in service read that. */
export const lacksPack = ({ state, reading }: Study): boolean =>
  state === 'ready' && reading?.pack === null && reading.modality !== undefined && reading.quality.reasons.some(({ code }) => code === 'no-pack')

/** What the network found, while it counts: not of an image that a clinician rejected, nor of an earlier reading that could not be made again. */
export const findingsInForce = (study: Study): readonly Finding[] =>
  (study.state === 'failed' || imageVerdictOf(study)?.code === REJECTED.code ? [] : study.reading?.findings ?? [])

/**
 * Whether a person decided on the verdict that stands now; one that was accepted before another reading or other answers is to be looked at again, and
 * one that was changed or rejected where later answers ask for more.
 */
export function isReviewed(study: Study): boolean {
  const last = study.reviews.at(-1)
  if (last?.action !== 'accept' || !last.triage) return last !== undefined && !isRaisedAfter(study, last)
  const now = verdictOf(study)
  return now?.level === last.triage.level && now.code === last.triage.code
}

/** Counted in reviews where the answers say so: a clock may be put back in between. */
function isRaisedAfter(study: Study, { at }: ReviewDecision): boolean {
  const { programmeAnswers: answers, reviews } = study
  if (!answers || verdictOf(study) === imageVerdictOf(study)) return false
  return answers.afterReviews === undefined ? answers.at > at : answers.afterReviews >= reviews.length
}

/** What an earlier reading cleared is not clear while it is read again or could not be; what it found is not forgotten. */
function packVerdict({ state, triage }: Study): Triage | undefined {
  const isRead = state !== 'received' && state !== 'analysing' && state !== 'failed'
  return triage?.level === 'routine' && !isRead ? undefined : triage
}

/** Counted in reviews where the answers say so: a clock may be put back in between. */
function sawAnswers({ reviews }: Study, { at, afterReviews }: ProgrammeAnswers): boolean {
  const place = reviews.findLastIndex((review) => review.action === 'change' && review.triage)
  const changed = reviews[place]
  return changed !== undefined && (afterReviews === undefined ? changed.at >= at : place >= afterReviews)
}

function afterReview(pack: Triage | undefined, inForce: Triage | undefined, review: ReviewDecision): Triage | undefined {
  const own = decisionOf(review, review.blind ? pack : inForce)
  return review.blind && own && inForce ? mostUrgent(inForce, own) : own
}

/** A later reading takes back nothing urgent that a person accepted. */
function decisionOf({ action, triage }: ReviewDecision, seen: Triage | undefined): Triage | undefined {
  if (action === 'reject') return REJECTED
  if (action === 'change' && triage) return triage
  if (!triage || triage.level === 'routine' || triage.level === 'none') return seen
  return seen ? mostUrgent(seen, triage) : triage
}
