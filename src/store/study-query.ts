import type { TriageLevel } from '../domain/finding.js'
import { NotFoundError } from '../domain/errors.js'
import type { PatientId } from '../domain/ids.js'
import type { Modality } from '../domain/image-content.js'
import type { StudyState, StudySummary } from '../domain/study.js'
import { levelShown, type ListedStudy, type OrderedSummaries } from './study-order.js'

export type StudyQuery = {
  readonly state?: StudyState
  readonly modality?: Modality
  readonly level?: TriageLevel
  /** As `level`, but at the level at which lists show and rank it. */
  readonly shown?: TriageLevel
  /** Only studies that were judged so. */
  readonly gradable?: boolean
  readonly patientId?: PatientId
  readonly deviceId?: string
  /** Only studies of which a nurse is asked something. */
  readonly asked?: true
  /** True: only studies of no patient yet; false: only attached ones. */
  readonly unattached?: boolean
  /** Default `urgency`. */
  readonly order?: 'urgency' | 'newest'
  /** 1 to 1000, default 50. */
  readonly limit?: number
  /** `next` of the page before, of the same query. */
  readonly cursor?: string
  /** `next` of a page of the same query: nothing after its place is given, so that what was shown can be asked for again. */
  readonly until?: string
}

/** `total` counts all that match, whatever the page. */
export type StudyPage = { readonly studies: StudySummary[]; readonly next?: string; readonly total: number }

/** What the query asks of one study, order and page aside. */
export const matches = (query: StudyQuery) => (summary: ListedStudy): boolean =>
  (query.state === undefined || summary.state === query.state) &&
  (query.modality === undefined || summary.modality === query.modality) &&
  (query.level === undefined || summary.triageLevel === query.level) &&
  (query.shown === undefined || levelShown(summary) === query.shown) &&
  (query.gradable === undefined || summary.gradable === query.gradable) &&
  (query.patientId === undefined || summary.patientId === query.patientId) &&
  (query.deviceId === undefined || summary.deviceId === query.deviceId) &&
  (query.asked === undefined || summary.asked === true) &&
  (query.unattached === undefined || (summary.patientId === undefined) === query.unattached)

/** Every part of a query that `matches` asks of a study: the compiler holds it complete. */
type Filters = Omit<StudyQuery, 'order' | 'limit' | 'cursor' | 'until'>
const filtersOf = ({ state, modality, level, shown, gradable, patientId, deviceId, asked, unattached }: StudyQuery): Record<keyof Required<Filters>, unknown> =>
  ({ state, modality, level, shown, gradable, patientId, deviceId, asked, unattached })

export const isFiltered = (query: StudyQuery): boolean => Object.values(filtersOf(query)).some((value) => value !== undefined)

/** The same for queries that ask for the same studies in the same order, and for no others. */
export const keyOf = (query: StudyQuery): string => JSON.stringify([query.order ?? 'urgency', filtersOf(query)])

/** One page of the studies that match, in their order. A cursor names the last study shown, by its place in the order then, so pages never repeat or skip what stood still. */
export function pageOf(ordered: OrderedSummaries, query: Pick<StudyQuery, 'limit' | 'cursor' | 'until'>): StudyPage {
  const limit = Math.min(1000, Math.max(1, Math.trunc(query.limit ?? 50)))
  const start = query.cursor === undefined ? 0 : positionAfter(ordered, query.cursor)
  const end = query.until === undefined ? start + limit : Math.min(start + limit, positionAfter(ordered, query.until))
  const studies = ordered.items.slice(start, end)
  const last = studies.at(-1)
  const more = end < ordered.items.length
  return { studies, total: ordered.items.length, ...(more && last ? { next: cursorOf(last) } : {}) }
}

type Place = Pick<ListedStudy, 'id' | 'sequence' | 'state' | 'triageLevel' | 'shownLevel' | 'reviewed' | 'awaitsAge'>

const cursorOf = ({ id, sequence, state, triageLevel, shownLevel, reviewed, awaitsAge }: ListedStudy): string =>
  Buffer.from(JSON.stringify({ id, sequence, state, triageLevel, ...(shownLevel ? { shownLevel } : {}), reviewed, ...(awaitsAge ? { awaitsAge } : {}) } satisfies Place)).toString('base64url')

function positionAfter(ordered: OrderedSummaries, cursor: string): number {
  const place = parseCursor(cursor) as StudySummary
  const position = ordered.positionOf(place)
  const found = ordered.items[position]
  return found !== undefined && ordered.order(found, place) === 0 ? position + 1 : position
}

function parseCursor(cursor: string): Place {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Place
    if (typeof place?.sequence === 'number' && typeof place.triageLevel === 'string') return place
  } catch {
    // falls through to the one answer for every bad cursor
  }
  throw new NotFoundError('No such page: ask again without cursor.')
}
