import { takeOf } from '../../domain/visit.js'
import type { Route, RouteRequest } from '../route.js'
import { badRequest } from '../http-error.js'
import { visitPage } from '../views/visits/visit.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'
import type { VisitDeps } from './visits-model.js'
import { visitModel } from './visits-model.js'
import { stationsOf } from './visits-stations.js'

const idOf = (request: RouteRequest): string => request.params['id'] ?? ''
const by = (request: RouteRequest): string => request.caller?.id ?? 'unknown'

/** Takes a device into the visit, or says what it takes from now on. Who has it already is named, and nothing changes. */
async function hold(deps: VisitDeps, request: RouteRequest): Promise<void> {
  const id = idOf(request)
  const asked = textOf(request, 'station')
  const station = stationsOf(deps, id).stations.find((each) => each.id === asked)
  if (!station) throw badRequest('no-such-station', 'This device is not there any more. Load the page again and choose another.', 'station')
  const take = takeOf(textOf(request, 'take'))
  const held = await deps.visits.hold(id, { station: station.id, ...(take ? { take } : {}), takeOver: textOf(request, 'takeOver') === 'yes' }, by(request))
  if (held.ok) return seeOther(request, `/visits/${id}`)
  const model = visitModel(deps, await deps.visits.read(id), request.caller)
  return sendHtml(request, visitPage(pageContext(deps, request), { ...model, refused: stationsOf(deps, id).stations.find((each) => each.id === asked) ?? station }), 409)
}

async function release(deps: VisitDeps, request: RouteRequest): Promise<void> {
  await deps.visits.release(idOf(request), textOf(request, 'station'))
  return seeOther(request, `/visits/${idOf(request)}`)
}

async function close(deps: VisitDeps, request: RouteRequest): Promise<void> {
  await deps.visits.close(idOf(request), by(request))
  return seeOther(request, '/visits')
}

export function visitActionRoutes(deps: VisitDeps): Route[] {
  return [
    { method: 'POST', path: '/visits/:id/hold', access: 'capture', audit: 'visit.hold', handle: (request) => hold(deps, request) },
    { method: 'POST', path: '/visits/:id/release', access: 'capture', audit: 'visit.release', handle: (request) => release(deps, request) },
    { method: 'POST', path: '/visits/:id/close', access: 'capture', audit: 'visit.close', handle: (request) => close(deps, request) }
  ]
}
