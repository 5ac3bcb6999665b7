import type { Delivery, SettledAt } from '../domain/delivery.js'
import { isHeld, isOutstanding } from '../domain/delivery.js'
import type { IsoTime, StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'
import { verdictOf } from '../domain/study.js'
import type { Outstanding } from './next-delivery.js'
import type { PersonTasks } from './person-tasks.js'
import { isToCorrect, isToResend } from './person-tasks.js'

/** How a destination's objects stand, by state; `sent` is a part of what is outstanding: all of it left and no answer came. */
export type Tally = { readonly outstanding: number; readonly sent: number; readonly accepted: number; readonly committed: number; readonly needsPerson: number }

/** What is not over yet of one study; a study that is done leaves nothing but its counts. */
type Entry = { readonly outstanding: readonly Outstanding[]; readonly awaiting: readonly Delivery[]; readonly toCorrect: boolean; readonly toResend: number; readonly problem?: Problem }
type Counted = { readonly open: Map<StudyId, Entry>; readonly tallies: Map<StudyId, Tally>; total: Tally; lastAcceptedAt?: IsoTime }

const NOTHING: Tally = { outstanding: 0, sent: 0, accepted: 0, committed: 0, needsPerson: 0 }
const RESULT_BYTES = 16_000
const PAPER_BYTES = 150_000
const HEATMAP_BYTES = 800_000

/** What is under way to each destination: read from the study documents, never the truth itself. */
export class Board {
  private readonly destinations = new Map<string, Counted>()
  private readonly studies = new Map<string, StudyId>()

  constructor(destinations: readonly string[]) {
    for (const destination of destinations) this.destinations.set(destination, { open: new Map(), tallies: new Map(), total: NOTHING })
  }

  put(study: Study): void {
    for (const [destination, counted] of this.destinations) {
      const deliveries = (study.deliveries ?? []).filter((delivery) => delivery.destination === destination)
      const tally = tallyOf(deliveries)
      counted.total = plus(plus(counted.total, tally, 1), counted.tallies.get(study.id) ?? NOTHING, -1)
      if (deliveries.length > 0) counted.tallies.set(study.id, tally)
      if (tally.outstanding + tally.accepted + tally.needsPerson > 0) counted.open.set(study.id, entryOf(study, deliveries))
      else counted.open.delete(study.id)
      for (const { at } of deliveries.filter(isHeld)) if (at > (counted.lastAcceptedAt ?? '')) counted.lastAcceptedAt = at
    }
    for (const { sopInstanceUid, state } of study.deliveries ?? []) if (state !== 'superseded') this.studies.set(sopInstanceUid, study.id)
  }

  /** A study of which nothing is under way, by its line in the index: only its counts. */
  putSettled(id: StudyId, counts: readonly SettledAt[]): void {
    for (const { destination, accepted, committed, at } of counts) {
      const counted = this.destinations.get(destination)
      if (!counted || counted.tallies.has(id)) continue
      const tally = { ...NOTHING, accepted, committed }
      counted.tallies.set(id, tally)
      counted.total = plus(counted.total, tally, 1)
      if (at > (counted.lastAcceptedAt ?? '')) counted.lastAcceptedAt = at
    }
  }

  outstanding(destination: string): Outstanding[] {
    return [...this.of(destination)].flatMap(({ outstanding }) => outstanding)
  }

  /** Accepted and not yet committed. */
  awaiting(destination: string): Delivery[] {
    return [...this.of(destination)].flatMap(({ awaiting }) => awaiting)
  }

  studyOf(sopInstanceUid: string): StudyId | undefined {
    return this.studies.get(sopInstanceUid)
  }

  tally(destination: string): Tally {
    return this.destinations.get(destination)?.total ?? NOTHING
  }

  /** When the destination last took or confirmed something, as the documents say. */
  lastAcceptedAt(destination: string): IsoTime | undefined {
    return this.destinations.get(destination)?.lastAcceptedAt
  }

  /** Studies with an object there that may be tried anew. */
  toResend(destination: string): StudyId[] {
    return [...(this.destinations.get(destination)?.open ?? [])].filter(([, { toResend }]) => toResend > 0).map(([id]) => id)
  }

  toDo(destination: string): PersonTasks {
    const open = [...(this.destinations.get(destination)?.open ?? [])]
    return { correct: open.filter(([, { toCorrect }]) => toCorrect).map(([id]) => id), resend: open.reduce((sum, [, { toResend }]) => sum + toResend, 0) }
  }

  /** Why some object there needs a person. */
  problem(destination: string): Problem | undefined {
    return [...this.of(destination)].find(({ problem }) => problem)?.problem
  }

  private of(destination: string): Iterable<Entry> {
    return this.destinations.get(destination)?.open.values() ?? []
  }
}

function tallyOf(deliveries: readonly Delivery[]): Tally {
  const count = (...states: Delivery['state'][]): number => deliveries.filter(({ state }) => states.includes(state)).length
  return {
    outstanding: deliveries.filter(isOutstanding).length, sent: count('sent'), accepted: count('accepted', 'accepted-with-warning'), committed: count('committed'),
    needsPerson: count('needs-person', 'needs-correction')
  }
}

const plus = (a: Tally, b: Tally, sign: 1 | -1): Tally => ({
  outstanding: a.outstanding + sign * b.outstanding, sent: a.sent + sign * b.sent, accepted: a.accepted + sign * b.accepted,
  committed: a.committed + sign * b.committed, needsPerson: a.needsPerson + sign * b.needsPerson
})

function entryOf(study: Study, deliveries: readonly Delivery[]): Entry {
  const problem = deliveries.find(({ state }) => state === 'needs-person' || state === 'needs-correction')?.problem
  const level = verdictOf(study)?.level ?? 'none'
  const nameless = isUnclear(study) ? { namelessSince: study.receivedAt } : {}
  return {
    outstanding: deliveries.filter(isOutstanding).map((delivery) => ({ studyId: study.id, sequence: study.sequence, level, bytes: sizeOf(study, delivery), delivery, ...nameless, ...(delivery.kind === 'image' && isEyeAsked(study) ? { isEyeAsked: true } : {}) })),
    awaiting: deliveries.filter(({ state }) => state === 'accepted' || state === 'accepted-with-warning'),
    toCorrect: isToCorrect(deliveries), toResend: deliveries.filter(isToResend).length,
    ...(problem ? { problem } : {})
  }
}

/** Its bytes say an eye that a person is asked about. What we wrap ourselves says none until then. */
const isEyeAsked = ({ dicom, questions }: Study): boolean => dicom?.laterality !== undefined && questions.some(({ code }) => code === 'laterality-conflict')

/** Nobody is named in it, or a nurse is asked whose it is. */
const isUnclear = ({ reports = [], questions }: Study): boolean => reports.at(-1)?.identity?.source === 'none' || questions.some(({ code }) => code === 'whose-is-this')

const sizeOf = ({ object }: Study, { kind }: Delivery): number =>
  (kind === 'image' ? object.bytes : kind === 'pdf' ? PAPER_BYTES : kind === 'heatmap' ? HEATMAP_BYTES : RESULT_BYTES)
