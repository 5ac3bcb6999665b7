import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { Patient } from '../../domain/patient.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { html } from '../views/html.js'
import type { VisitsModel } from '../views/visits/list.js'
import { visitOpeners, visitsPage, visitsPart } from '../views/visits/list.js'
import { picturesPart, stationsPart, visitPage } from '../views/visits/visit.js'
import { pageContext, seeOther, sendHtml, textOf, wantsFragment } from './respond.js'
import { visitActionRoutes } from './visits-actions.js'
import { expectedOf, expectedRoutes } from './visits-expected.js'
import { importRoutes } from './visits-import.js'
import { viewRoutes } from './visits-view.js'
import type { VisitDeps } from './visits-model.js'
import { openVisits, visitModel } from './visits-model.js'
import { whoseRoutes } from './visits-whose.js'

type Deps = VisitDeps & Pick<WebDependencies, 'centre'>

const FOUND_SHOWN = 20
const TODAY_SHOWN = 30

const dayOf = (iso: string | Date): string => new Date(iso).toDateString()

function registeredToday(deps: VisitDeps): Patient[] {
  const today = dayOf(deps.clock.now())
  return deps.patients.search('', TODAY_SHOWN).filter((patient) => dayOf(patient.registeredAt) === today && !deps.visits.openVisitOf(patient.id))
}

const modelOf = (deps: Deps): VisitsModel =>
  ({ open: openVisits(deps), expected: expectedOf(deps), today: registeredToday(deps), waiting: deps.store.list({ unattached: true, order: 'newest', limit: 1 }).total })

async function list(deps: Deps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  sendHtml(request, wantsFragment(request, 'visits') ? visitsPart(page, modelOf(deps)) : visitsPage(page, modelOf(deps)))
}

/** A card that was scanned whole (our number, or the clinic's where one person has it) needs no second tap. */
function scanned(deps: VisitDeps, text: string): Patient | undefined {
  return PATIENT_ID_PATTERN.test(text.toUpperCase()) ? deps.patients.find(text.toUpperCase()) : undefined
}

async function search(deps: Deps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const text = textOf(request, 'text')
  const found = text.length < 2 ? [] : scanned(deps, text) ? [scanned(deps, text)!] : deps.patients.search(text, FOUND_SHOWN)
  if (wantsFragment(request, 'results')) return sendHtml(request, text.length < 2 ? html`` : visitOpeners(page, found))
  return sendHtml(request, visitsPage(page, { ...modelOf(deps), text, found }))
}

async function open(deps: VisitDeps, request: RouteRequest): Promise<void> {
  const patientId = textOf(request, 'patientId')
  const visit = await deps.visits.start({ patientId }, request.caller?.id ?? 'unknown')
  request.ctx.state['audit'] = { patientId: visit.patientId, detail: visit.id }
  return seeOther(request, `/visits/${visit.id}`)
}

async function one(deps: VisitDeps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const model = visitModel(deps, await deps.visits.read(request.params['id'] ?? ''), request.caller)
  request.ctx.state['audit'] = { patientId: model.patient.id, detail: model.visit.id }
  if (wantsFragment(request, 'stations')) return sendHtml(request, model.visit.closedAt === undefined ? stationsPart(page, model) : html`<div id="stations"></div>`)
  return sendHtml(request, wantsFragment(request, 'pictures') ? picturesPart(page, model) : visitPage(page, model))
}

/** Whose turn it is, what takes the pictures, and whose a picture is that came without. */
export function visitRoutes(deps: Deps): Route[] {
  return [
    { method: 'GET', path: '/visits', access: 'read', audit: 'visits.list', handle: (request) => list(deps, request) },
    { method: 'POST', path: '/visits', access: 'capture', audit: 'visit.open', handle: (request) => open(deps, request) },
    { method: 'POST', path: '/visits/search', access: 'capture', audit: 'patients.search', handle: (request) => search(deps, request) },
    { method: 'GET', path: '/visits/:id', access: 'read', audit: 'visit.view', handle: (request) => one(deps, request) },
    ...expectedRoutes(deps), ...visitActionRoutes(deps), ...whoseRoutes(deps), ...importRoutes(deps), ...viewRoutes(deps)
  ]
}
