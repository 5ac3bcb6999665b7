import type { TriageLevel } from '../domain/finding.js'
import type { StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'

/** A study as lists rank and count it. `shownLevel` where that is not its own: of a photo of an eye, what both eyes of the person say. */
export type ListedStudy = StudySummary & { readonly shownLevel?: TriageLevel }

/** The levels at which lists show studies where those are not their own, from all studies of one person, or from one of nobody. */
export type LevelsShown = (ofPerson: readonly StudySummary[]) => ReadonlyMap<StudyId, TriageLevel>

export const levelShown = ({ shownLevel, triageLevel }: ListedStudy): TriageLevel => shownLevel ?? triageLevel

/** Smaller comes first. */
export type Order = (a: ListedStudy, b: ListedStudy) => number

/** Sequences are unique unless a person copied folders in from elsewhere. */
const byId: Order = (a, b) => (a.id < b.id ? -1 : Number(a.id > b.id))

const LEVEL_RANK: Record<TriageLevel, number> = { immediate: 0, urgent: 1, soon: 2, none: 3, routine: 4 }

/** A verdict of soon or worse keeps its place whatever the state; all without a verdict in force, and one that waits for the age, stand before routine. */
const urgencyRank = (study: ListedStudy): number =>
  (study.state === 'ready' && !study.awaitsAge) || LEVEL_RANK[levelShown(study)] < LEVEL_RANK.none ? LEVEL_RANK[levelShown(study)] : LEVEL_RANK.none

/** immediate, urgent, soon, then what nobody could grade yet, then routine; inside, unreviewed oldest first, then reviewed newest first. */
export const byUrgency: Order = (a, b) =>
  urgencyRank(a) - urgencyRank(b) ||
  Number(a.reviewed) - Number(b.reviewed) ||
  (a.reviewed ? b.sequence - a.sequence : a.sequence - b.sequence) ||
  byId(a, b)

export const byNewest: Order = (a, b) => b.sequence - a.sequence || byId(a, b)

/** Oldest first. */
export const bySequence: Order = (a, b) => a.sequence - b.sequence || byId(a, b)

/** An array kept in order by binary search: one change costs two searches and two moves of memory. */
export class OrderedSummaries {
  #items: ListedStudy[] = []
  constructor(readonly order: Order) {}

  get items(): readonly ListedStudy[] { return this.#items }

  /** Replaces all; for loading. */
  fill(items: readonly ListedStudy[]): void {
    this.#items = items.toSorted(this.order)
  }

  insert(item: ListedStudy): void {
    this.#items.splice(this.positionOf(item), 0, item)
  }

  remove(item: ListedStudy): void {
    const position = this.positionOf(item)
    if (this.#items[position]?.id === item.id) this.#items.splice(position, 1)
  }

  /** Index of the first entry that does not come before `item`. */
  positionOf(item: ListedStudy): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.order(this.#items[middle]!, item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
