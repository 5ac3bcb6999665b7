import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import type { Tested, UplinkModel } from '../views/uplink.js'
import { uplinkFragment, uplinkPage } from '../views/uplink.js'
import { pageContext, seeOther, sendHtml, sendNotFound, wantsFragment } from './respond.js'

type Deps = Pick<WebDependencies, 'system' | 'store' | 'uplink' | 'clock' | 'notices'>

async function show(deps: Deps, request: RouteRequest, tested?: Tested): Promise<void> {
  const { destinations = [] } = await deps.system()
  const toDo = new Map(destinations.map(({ id }) => [id, deps.uplink?.toDo(id) ?? { correct: [], resend: 0 }]))
  const model: UplinkModel = { destinations, toDo, ...(tested ? { tested } : {}) }
  const page = pageContext(deps, request)
  sendHtml(request, wantsFragment(request, 'uplink') ? uplinkFragment(page, model) : uplinkPage(page, model))
}

async function test(deps: Deps, request: RouteRequest): Promise<void> {
  const id = request.params['id'] ?? ''
  const found = await deps.uplink?.test(id)
  return found ? show(deps, request, { id, ...found }) : sendNotFound(pageContext(deps, request), request)
}

async function resend(deps: Deps, request: RouteRequest): Promise<void> {
  const { id = '', study } = request.params
  const objects = await (study === undefined || deps.store.summary(study) ? deps.uplink?.resend(id, study) : undefined)
  request.ctx.state['audit'] = { ...(study === undefined ? {} : { studyId: study }), detail: `${id} ${objects ?? 0}` }
  if (objects === undefined) return sendNotFound(pageContext(deps, request), request)
  return seeOther(request, objects > 0 ? '/uplink?done=resent' : '/uplink')
}

/** What has reached the centre, what has not, and what a person can do about it. */
export const uplinkRoutes = (deps: Deps): Route[] => [
  { method: 'GET', path: '/uplink', access: 'read', handle: (request) => show(deps, request) },
  { method: 'POST', path: '/uplink/now', access: 'read', audit: 'uplink.now', handle: async (request) => {
    deps.uplink?.hurry()
    seeOther(request, '/uplink?done=hurried')
  } },
  { method: 'POST', path: '/uplink/:id/test', access: 'read', audit: 'uplink.test', handle: (request) => test(deps, request) },
  { method: 'POST', path: '/uplink/:id/resend', access: 'configure', audit: 'uplink.resend', handle: (request) => resend(deps, request) },
  { method: 'POST', path: '/uplink/:id/corrected/:study', access: 'configure', audit: 'uplink.corrected', handle: (request) => resend(deps, request) }
]
