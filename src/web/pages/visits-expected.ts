import type { Expected } from '../../patients/expected.js'
import { expectedToday, inputOf } from '../../patients/expected.js'
import type { WebDependencies } from '../dependencies.js'
import { notFound } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import { problemText } from '../views/describe.js'
import type { PatientDraft } from '../views/patients.js'
import { newPatientPage } from '../views/patients.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'
import type { VisitDeps } from './visits-model.js'

type Deps = VisitDeps & Pick<WebDependencies, 'centre'>

/** Whom the centre sends today and who is in no visit yet. */
export const expectedOf = ({ centre, patients, visits, clock }: Deps): Expected[] =>
  expectedToday(centre?.() ?? [], patients, clock.now()).filter(({ patient }) => !patient || !visits.openVisitOf(patient.id))

/** Opens the visit of somebody of the centre's list, registered first where need be. Who may be here already under another number is asked about. */
async function open(deps: Deps, request: RouteRequest): Promise<void> {
  const number = textOf(request, 'number')
  const by = request.caller?.id ?? 'unknown'
  const expected = expectedToday(deps.centre?.() ?? [], deps.patients, deps.clock.now()).find(({ item }) => item.patientId === number)
  if (!expected) throw notFound('The centre no longer sends this person today. Load the page again, or register them by hand.')
  if (expected.patient) return begin(deps, request, expected.patient.id)
  const input = inputOf(expected.item)
  const page = pageContext(deps, request)
  const draft: PatientDraft = { values: Object.fromEntries(Object.entries(input).map(([key, value]) => [key, String(value)])), errors: {}, forVisit: true }
  const similar = deps.patients.nearDuplicates(input).map((near) => near.patient)
  if (similar.length > 0) return sendHtml(request, newPatientPage(page, { ...draft, similar }), 422)
  const registered = await deps.patients.register(input, by)
  if (registered.ok) return begin(deps, request, registered.value.id)
  return sendHtml(request, newPatientPage(page, { ...draft, errors: { [registered.error.path ?? '']: problemText(page.words, registered.error) } }), 422)
}

async function begin(deps: Deps, request: RouteRequest, patientId: string): Promise<void> {
  const visit = await deps.visits.start({ patientId }, request.caller?.id ?? 'unknown')
  request.ctx.state['audit'] = { patientId: visit.patientId, detail: visit.id }
  return seeOther(request, `/visits/${visit.id}`)
}

/** One tap for somebody of the centre's worklist. */
export const expectedRoutes = (deps: Deps): Route[] =>
  [{ method: 'POST', path: '/visits/expected', access: 'capture', audit: 'visit.open', handle: (request) => open(deps, request) }]
