import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'
import { verdictOf } from '../domain/study.js'
import type { Outstanding } from './next-delivery.js'

/** How a destination's objects stand, by state. */
export type Tally = { readonly outstanding: number; readonly accepted: number; readonly committed: number; readonly needsPerson: number }

type Entry = { readonly outstanding: readonly Outstanding[]; readonly awaiting: readonly Delivery[]; readonly tally: Tally; readonly problem?: Problem }

const RESULT_BYTES = 16_000
const PAPER_BYTES = 150_000
const HEATMAP_BYTES = 800_000

/** What is under way to each destination: read from the study documents, never the truth itself. */
export class Board {
  private readonly entries = new Map<string, Map<StudyId, Entry>>()
  private readonly studies = new Map<string, StudyId>()

  constructor(destinations: readonly string[]) {
    for (const destination of destinations) this.entries.set(destination, new Map())
  }

  put(study: Study): void {
    for (const [destination, entries] of this.entries) {
      const deliveries = (study.deliveries ?? []).filter((delivery) => delivery.destination === destination)
      if (deliveries.length > 0) entries.set(study.id, entryOf(study, deliveries))
    }
    for (const { sopInstanceUid } of study.deliveries ?? []) this.studies.set(sopInstanceUid, study.id)
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
    const total = { outstanding: 0, accepted: 0, committed: 0, needsPerson: 0 }
    for (const { tally } of this.of(destination)) {
      total.outstanding += tally.outstanding
      total.accepted += tally.accepted
      total.committed += tally.committed
      total.needsPerson += tally.needsPerson
    }
    return total
  }

  /** Why some object there needs a person. */
  problem(destination: string): Problem | undefined {
    return [...this.of(destination)].find(({ problem }) => problem)?.problem
  }

  private of(destination: string): Iterable<Entry> {
    return this.entries.get(destination)?.values() ?? []
  }
}

function entryOf(study: Study, deliveries: readonly Delivery[]): Entry {
  const outstanding = deliveries.filter(isOutstanding)
  const count = (...states: Delivery['state'][]): number => deliveries.filter(({ state }) => states.includes(state)).length
  const problem = deliveries.find(({ state }) => state === 'needs-person')?.problem
  return {
    outstanding: outstanding.map((delivery) => ({ studyId: study.id, sequence: study.sequence, level: verdictOf(study)?.level ?? 'none', bytes: sizeOf(study, delivery), delivery })),
    awaiting: deliveries.filter(({ state }) => state === 'accepted' || state === 'accepted-with-warning'),
    tally: { outstanding: outstanding.length, accepted: count('accepted', 'accepted-with-warning'), committed: count('committed'), needsPerson: count('needs-person') },
    ...(problem ? { problem } : {})
  }
}

const sizeOf = ({ object }: Study, { kind }: Delivery): number =>
  (kind === 'image' ? object.bytes : kind === 'sr' || kind === 'fhir' || kind === 'rejection' ? RESULT_BYTES : kind === 'pdf' ? PAPER_BYTES : HEATMAP_BYTES)
