import { RevisionConflictError } from '../../domain/errors.js'
import { stationOf } from '../../domain/visit.js'
import { deviceNumberOf } from '../../patients/visits-arrivals.js'
import type { Route, RouteRequest } from '../route.js'
import type { Waiting } from '../views/visits/whose.js'
import { whosePage, whosePart } from '../views/visits/whose.js'
import { pageContext, revisionOf, seeOther, sendHtml, textOf, wantsFragment } from './respond.js'
import type { OpenVisit } from '../views/visits/list.js'
import type { VisitDeps } from './visits-model.js'
import { openVisits } from './visits-model.js'
import { stationName } from './visits-stations.js'

const SHOWN = 24
const CHOICES_SHOWN = 6

async function waiting(deps: VisitDeps): Promise<Waiting[]> {
  const visits = openVisits(deps)
  const { studies } = deps.store.list({ unattached: true, order: 'newest', limit: SHOWN })
  const read = await Promise.all(studies.map(({ id }) => deps.store.read(id).catch(() => undefined)))
  return read.filter((study) => study !== undefined).map((study) => ({ study, from: stationName(deps, stationOf(study.source)), choices: likeliest(visits, study.proposedVisitId) }))
}

function likeliest(visits: readonly OpenVisit[], proposedId: string | undefined): Waiting['choices'] {
  const choices = visits.map(({ visit, patient }) => ({ visit, patient, proposed: visit.id === proposedId }))
  return choices.toSorted((a, b) => Number(b.proposed) - Number(a.proposed)).slice(0, CHOICES_SHOWN)
}

async function show(deps: VisitDeps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const all = await waiting(deps)
  sendHtml(request, wantsFragment(request, 'whose') ? whosePart(page, all) : whosePage(page, all))
}

/** To the person of an open visit. The device's own number is remembered with it, since a nurse has vouched for it. */
async function attach(deps: VisitDeps, request: RouteRequest): Promise<void> {
  const id = request.params['id'] ?? ''
  const expectedRevision = revisionOf(request)
  const visit = await deps.visits.read(textOf(request, 'visit'))
  try {
    const changed = await deps.commands.attach(id, visit.patientId, { by: request.caller?.id ?? 'unknown', visitId: visit.id, ...(expectedRevision === undefined ? {} : { expectedRevision }) })
    const number = changed.ok ? deviceNumberOf(changed.value.source, changed.value.dicom) : undefined
    if (number !== undefined) await deps.visits.noteNumber(visit.id, number)
    request.ctx.state['audit'] = { studyId: id, patientId: visit.patientId }
    return seeOther(request, '/whose?done=whose')
  } catch (error) {
    if (!(error instanceof RevisionConflictError)) throw error
    const page = pageContext(deps, request)
    return sendHtml(request, whosePage({ ...page, flash: { kind: 'bad', text: page.words.t('study.conflict') } }, await waiting(deps)), 409)
  }
}

/** Pictures that came without a visit, or that speak against the one that was open. */
export function whoseRoutes(deps: VisitDeps): Route[] {
  return [
    { method: 'GET', path: '/whose', access: 'read', audit: 'studies.unattached', handle: (request) => show(deps, request) },
    { method: 'POST', path: '/whose/:id', access: 'capture', audit: 'study.attach', handle: (request) => attach(deps, request) }
  ]
}
