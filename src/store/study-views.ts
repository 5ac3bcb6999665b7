import { byNewest, byUrgency, OrderedSummaries, type ListedStudy } from './study-order.js'
import type { StudyQuery } from './study-query.js'
import { isFiltered, keyOf, matches } from './study-query.js'

const MOST_VIEWS = 16

type View = { readonly ordered: OrderedSummaries; readonly isMatch: (summary: ListedStudy) => boolean }

/**
 * The lists that were asked for lately, each kept in order change by change: the first request of a filter looks at
 * all studies once, later ones cost a page. The two unfiltered lists are always kept.
 */
export class StudyViews {
  readonly #whole: Record<'urgency' | 'newest', OrderedSummaries> = { urgency: new OrderedSummaries(byUrgency), newest: new OrderedSummaries(byNewest) }
  readonly #filtered = new Map<string, View>()

  constructor(all: readonly ListedStudy[]) {
    this.#whole.urgency.fill(all)
    this.#whole.newest.fill(all)
  }

  /** `candidates`: all that can match, in any order, when the caller knows fewer than all; such a short list is made anew each time and drives no other out. */
  viewFor(query: StudyQuery, candidates?: Iterable<ListedStudy>): OrderedSummaries {
    const whole = this.#whole[query.order ?? 'urgency']
    if (!isFiltered(query)) return whole
    if (candidates) return makeView(whole, query, candidates).ordered
    const key = keyOf(query)
    const view = this.#filtered.get(key) ?? makeView(whole, query)
    this.#filtered.delete(key)
    this.#filtered.set(key, view)
    if (this.#filtered.size > MOST_VIEWS) this.#filtered.delete(this.#filtered.keys().next().value!)
    return view.ordered
  }

  /** `before` is absent for a new study. */
  replace(before: ListedStudy | undefined, after: ListedStudy): void {
    for (const whole of Object.values(this.#whole)) {
      if (before) whole.remove(before)
      whole.insert(after)
    }
    for (const { ordered, isMatch } of this.#filtered.values()) {
      if (before && isMatch(before)) ordered.remove(before)
      if (isMatch(after)) ordered.insert(after)
    }
  }
}

function makeView(whole: OrderedSummaries, query: StudyQuery, candidates: Iterable<ListedStudy> = whole.items): View {
  const isMatch = matches(query)
  const ordered = new OrderedSummaries(whole.order)
  ordered.fill([...candidates].filter(isMatch))
  return { ordered, isMatch }
}
