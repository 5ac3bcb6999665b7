import type { StudySummary } from '../../domain/study.js'
import type { StudyQuery } from '../../store/study-store.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import type { ListFilter, ListModel, ListOrder } from '../views/list.js'
import { LIST_FILTERS, LONGEST_LIST, PAGE_ROWS, listFragment, listPage } from '../views/list.js'
import { hasSeenTour } from './practice.js'
import { pageContext, sendHtml, wantsFragment } from './respond.js'

/** What each chip asks the store for. Urgent means immediate too: those are put in front. */
const QUERIES: Readonly<Record<ListFilter, StudyQuery>> = {
  all: {}, urgent: { level: 'urgent' }, question: { state: 'needs-input' }, ungradable: { level: 'none', state: 'ready' }, unattached: { unattached: true }, failed: { state: 'failed' }
}

type Wanted = { readonly filter: ListFilter; readonly order: ListOrder; readonly shown: number; readonly cursor?: string }
type Deps = Pick<WebDependencies, 'store' | 'patients' | 'clock' | 'system'>

const isFilter = (text: string | null): text is ListFilter => LIST_FILTERS.includes(text as ListFilter)

function wantedOf(query: URLSearchParams): Wanted {
  const filter = query.get('filter')
  const shown = Math.trunc(Number(query.get('shown')))
  const cursor = query.get('cursor')
  return {
    filter: isFilter(filter) ? filter : 'all', order: query.get('order') === 'newest' ? 'newest' : 'urgency',
    shown: Number.isFinite(shown) ? Math.min(LONGEST_LIST, Math.max(PAGE_ROWS, shown)) : PAGE_ROWS, ...(cursor ? { cursor } : {})
  }
}

function countsOf(store: Deps['store']): ListModel['counts'] {
  const { byState, byLevel, total } = store.counts()
  const totalOf = (query: StudyQuery): number => store.list({ ...query, limit: 1 }).total
  return {
    all: total, urgent: byLevel.urgent + byLevel.immediate, question: byState['needs-input'], failed: byState.failed,
    ungradable: totalOf(QUERIES.ungradable), unattached: totalOf(QUERIES.unattached)
  }
}

function summariesOf(store: Deps['store'], wanted: Wanted): { readonly found: readonly StudySummary[]; readonly next?: string } {
  const { filter, order, shown, cursor } = wanted
  const page = store.list({ ...QUERIES[filter], order, limit: shown, ...(cursor ? { cursor } : {}) })
  const first = filter === 'urgent' && cursor === undefined ? store.list({ level: 'immediate', order, limit: LONGEST_LIST }).studies : []
  return { found: [...first, ...page.studies], ...(page.next ? { next: page.next } : {}) }
}

async function modelOf(deps: Deps, wanted: Wanted): Promise<ListModel> {
  const { found, next } = summariesOf(deps.store, wanted)
  const rows = found.map((summary) => {
    const patientName = summary.patientId ? deps.patients.find(summary.patientId)?.name : undefined
    return { summary, ...(patientName === undefined ? {} : { patientName }) }
  })
  const { dicom } = rows.length === 0 ? await deps.system() : { dicom: undefined }
  return {
    rows, counts: countsOf(deps.store), filter: wanted.filter, order: wanted.order, arrival: dicom === undefined ? {} : { dicom },
    ...(wanted.cursor ? { cursor: wanted.cursor } : {}), ...(next ? { next } : {})
  }
}

/** The list of studies, whole or as the part that the live connection refreshes. */
export function listRoutes(deps: Deps): Route[] {
  async function handle(request: RouteRequest): Promise<void> {
    const page = pageContext(deps, request)
    const model = await modelOf(deps, wantedOf(request.query))
    sendHtml(request, wantsFragment(request, 'list') ? listFragment(page, model) : listPage(page, { ...model, tour: !hasSeenTour(request.ctx) }))
  }
  return [{ method: 'GET', path: '/', access: 'read', audit: 'studies.list', handle }]
}
