import type { StudySummary } from '../../domain/study.js'
import type { StudyQuery } from '../../store/study-store.js'
import type { WebDependencies } from '../dependencies.js'
import { rowsOf } from '../rows.js'
import type { Caller, Route, RouteRequest } from '../route.js'
import type { ListFilter, ListModel, ListOrder } from '../views/list.js'
import { LIST_FILTERS, PAGE_ROWS, PART_ROWS, listFragment, listPage, rowsFragment } from '../views/list.js'
import { hasSeenTour } from './practice.js'
import { pageContext, sendHtml, wantsFragment } from './respond.js'

/** What each chip asks the store for. Urgent is what the badge says, and means immediate too: those are put in front. */
const QUERIES: Readonly<Record<ListFilter, StudyQuery>> = {
  all: {}, urgent: { shown: 'urgent' }, question: { asked: true }, ungradable: { gradable: false, state: 'ready' }, unattached: { unattached: true }, failed: { state: 'failed' }
}

type Wanted = { readonly filter: ListFilter; readonly order: ListOrder; readonly limit: number; readonly cursor?: string; readonly until?: string }

/** What a page that stays open grows to at most before it is loaded again. */
const MOST_ROWS = 1000
type Deps = Pick<WebDependencies, 'store' | 'patients' | 'clock' | 'system'>

const isFilter = (text: string | null): text is ListFilter => LIST_FILTERS.includes(text as ListFilter)

/** A part that is shown already is asked for by its ends, whatever came in between. */
function wantedOf(query: URLSearchParams): Wanted {
  const filter = query.get('filter')
  const [cursor, until, fragment] = ['cursor', 'until', 'fragment'].map((name) => query.get(name) ?? undefined)
  return {
    filter: isFilter(filter) ? filter : 'all', order: query.get('order') === 'newest' ? 'newest' : 'urgency',
    limit: fragment === 'list' || until ? MOST_ROWS : fragment === 'rows' ? PART_ROWS : PAGE_ROWS, ...(cursor ? { cursor } : {}), ...(until ? { until } : {})
  }
}

function countsOf(store: Deps['store']): ListModel['counts'] {
  const { byState, total } = store.counts()
  const totalOf = (query: StudyQuery): number => store.list({ ...query, limit: 1 }).total
  return {
    all: total, urgent: totalOf(QUERIES.urgent) + totalOf({ shown: 'immediate' }), failed: byState.failed,
    question: totalOf(QUERIES.question), ungradable: totalOf(QUERIES.ungradable), unattached: totalOf(QUERIES.unattached)
  }
}

function summariesOf(store: Deps['store'], wanted: Wanted): { readonly found: readonly StudySummary[]; readonly next?: string } {
  const { filter, order, limit, cursor, until } = wanted
  const page = store.list({ ...QUERIES[filter], order, limit, ...(cursor ? { cursor } : {}), ...(until ? { until } : {}) })
  const first = filter === 'urgent' && cursor === undefined ? store.list({ shown: 'immediate', order, limit: MOST_ROWS }).studies : []
  return { found: [...first, ...page.studies], ...(page.next ? { next: page.next } : {}) }
}

async function modelOf(deps: Deps, wanted: Wanted, caller: Caller | undefined): Promise<ListModel> {
  const { found, next } = summariesOf(deps.store, wanted)
  const rows = found.map(rowsOf(deps, caller))
  const { dicom } = rows.length === 0 ? await deps.system() : { dicom: undefined }
  return {
    rows, counts: countsOf(deps.store), filter: wanted.filter, order: wanted.order, arrival: dicom === undefined ? {} : { dicom },
    ...(wanted.cursor ? { cursor: wanted.cursor } : {}), ...(wanted.until ?? next ? { until: wanted.until ?? next } : {}), ...(next ? { next } : {})
  }
}

/** The list of studies, whole or as the part that the live connection refreshes. */
export function listRoutes(deps: Deps): Route[] {
  async function handle(request: RouteRequest): Promise<void> {
    const page = pageContext(deps, request)
    const model = await modelOf(deps, wantedOf(request.query), request.caller)
    if (wantsFragment(request, 'rows') && model.cursor) return sendHtml(request, rowsFragment(page, { ...model, cursor: model.cursor }, request.query.has('again')))
    sendHtml(request, wantsFragment(request, 'list') ? listFragment(page, model) : listPage(page, { ...model, tour: !hasSeenTour(request.ctx) }))
  }
  return [{ method: 'GET', path: '/', access: 'read', audit: 'studies.list', handle }]
}
