import type { IsoTime } from './ids.js'
import type { Problem } from './problem.js'

/**
 * What of a study leaves: the image, the structured report, a heatmap as a picture and as numbers, the report on paper, a FHIR bundle; and the note that takes back objects
 * which left under another identity (IHE IOCM).
 */
export type DeliveryKind = 'image' | 'sr' | 'heatmap' | 'heatmap-map' | 'pdf' | 'fhir' | 'rejection'

/**
 * pending: to be sent. sent: all of it left and no answer came; it is sent again under the same UID. accepted: the destination answered
 * success. accepted-with-warning: it kept the object and says that it changed or doubts something. committed: it promised to keep it
 * (PS3.4 annex J). needs-person: trying again can't help. superseded: a later revision leaves in its place. needs-correction: the destination
 * has it, or may have it, under somebody who it is not of. withdrawn: that was put right there, by a rejection note or by a person.
 */
export type DeliveryState = 'pending' | 'sent' | 'accepted' | 'accepted-with-warning' | 'committed' | 'needs-person' | 'superseded' | 'needs-correction' | 'withdrawn'

/**
 * Why an object counts as committed. commitment: the destination promised (PS3.4 annex J). retrieved: it gave the object back and it was equal.
 * listed: it found the object when asked, which is no promise.
 */
export type DeliveryProof = 'commitment' | 'retrieved' | 'listed'

/** One object for one destination. */
export type Delivery = {
  readonly destination: string
  readonly kind: DeliveryKind
  /** Which of several of a kind: the finding of a heatmap. */
  readonly name?: string
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  /** Where in the archive it stands: named when it is asked for or taken back. Absent in documents of older versions. */
  readonly studyInstanceUid?: string
  readonly seriesInstanceUid?: string
  /** Revision of the report that it belongs to. */
  readonly report: number
  /** Under whose identity it leaves; says nothing of who that is. */
  readonly identityHash: string
  readonly state: DeliveryState
  /** Since when it is in this state. */
  readonly at: IsoTime
  /** Answers that said no, in a row. */
  readonly attempts: number
  /** The last DIMSE status that was not success. */
  readonly status?: number
  readonly problem?: Problem
  /** Of a committed one. */
  readonly proof?: DeliveryProof
  /** A relay on the way has it and answers for it; its PACS has not yet. */
  readonly heldByRelay?: true
  /** Of one that needs correction: it had left without an answer, and nobody knows whether it is there. */
  readonly unanswered?: true
  /** Of a rejection note: the UIDs that it takes back. */
  readonly rejects?: readonly string[]
}

/** Under whom a study leaves; DICOM forms (PN, DA, CS), empty text where nothing is known. Patient data. */
export type SentIdentity = {
  readonly source: 'registered' | 'device' | 'none'
  readonly patientId: string
  readonly patientName: string
  readonly birthDate: string
  readonly sex: string
  readonly ageYears?: number
}

/**
 * One revision of what is reported: the same content never makes a second one in a row. `reissue` counts how often everything had to leave under
 * new UIDs because it was somebody else's; what older versions wrote names no identity.
 */
export type ReportRevision = {
  readonly revision: number
  readonly contentHash: string
  readonly at: IsoTime
  readonly identityHash?: string
  readonly identity?: SentIdentity
  readonly reissue?: number
  /** Codes of the findings that it says; absent in documents of older versions. */
  readonly findings?: readonly string[]
}

/** Still to be brought to its destination. */
export const isOutstanding = ({ state }: Delivery): boolean => state === 'pending' || state === 'sent'
/** The destination has it. */
export const isHeld = ({ state }: Delivery): boolean => state === 'accepted' || state === 'accepted-with-warning' || state === 'committed'
/** Kept by the destination on its word or on a look at the bytes: what a copy here may be given up for. */
export const isProven = ({ state, proof = 'commitment' }: Delivery): boolean => state === 'committed' && proof !== 'listed'

/**
 * A study of which nothing is under way: under whom (the start of the hash), then for each destination how many it accepted and how many it
 * committed, and when the newest: `0a1b2c3d4e5f6071 pacs,0,4,t5k1qs`, since a hundred thousand of them lie in memory.
 */
export type Settled = string
export type SettledAt = { readonly destination: string; readonly accepted: number; readonly committed: number; readonly at: IsoTime }

const IDENTITY_DIGITS = 16
const OVER: readonly DeliveryState[] = ['accepted', 'accepted-with-warning', 'committed', 'superseded', 'withdrawn']

type Planned = { readonly deliveries?: readonly Delivery[]; readonly reports?: readonly ReportRevision[]; readonly quietSince?: number; readonly reportsBeforeTime?: number }

/** Undefined while something is to be sent, needs a person, somebody changed the study since it was planned, or no report names the time that was put right. */
export function settledOf({ deliveries = [], reports = [], quietSince, reportsBeforeTime }: Planned): Settled | undefined {
  const identity = reports.at(-1)?.identityHash
  if (reports.length === reportsBeforeTime) return undefined
  if (deliveries.length === 0 || quietSince === undefined || identity === undefined || !deliveries.every(({ state }) => OVER.includes(state))) return undefined
  const held = deliveries.filter(isHeld)
  const parts = [...new Set(held.map(({ destination }) => destination))].map((destination) => {
    const own = held.filter((one) => one.destination === destination)
    const committed = own.filter(({ state }) => state === 'committed').length
    const newest = Math.max(...own.map(({ at }) => Date.parse(at)))
    return [destination, own.length - committed, committed, Math.floor(newest / 1000).toString(36)].join(',')
  })
  return [identity.slice(0, IDENTITY_DIGITS), ...parts].join(' ')
}

/** What a settled study counts, and whether it is still of whom it was. */
export function readSettled(settled: Settled): { readonly to: readonly SettledAt[]; isOf(identityHash: string): boolean } {
  const [identity = '', ...parts] = settled.split(' ')
  const to = parts.map((part) => {
    const [destination = '', accepted, committed, seconds = ''] = part.split(',')
    return { destination, accepted: Number(accepted), committed: Number(committed), at: new Date(Number.parseInt(seconds, 36) * 1000).toISOString() }
  })
  return { to, isOf: (identityHash) => identityHash.slice(0, IDENTITY_DIGITS) === identity }
}
