import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import type { Tested, UplinkModel } from '../views/uplink.js'
import { uplinkFragment, uplinkPage } from '../views/uplink.js'
import { pageContext, seeOther, sendHtml, sendNotFound, wantsFragment } from './respond.js'

type Deps = Pick<WebDependencies, 'system' | 'uplink' | 'clock' | 'notices'>

async function show(deps: Deps, request: RouteRequest, tested?: Tested): Promise<void> {
  const { destinations = [] } = await deps.system()
  const model: UplinkModel = { destinations, ...(tested ? { tested } : {}) }
  const page = pageContext(deps, request)
  sendHtml(request, wantsFragment(request, 'uplink') ? uplinkFragment(page, model) : uplinkPage(page, model))
}

async function test(deps: Deps, request: RouteRequest): Promise<void> {
  const id = request.params['id'] ?? ''
  const found = await deps.uplink?.test(id)
  return found ? show(deps, request, { id, ...found }) : sendNotFound(pageContext(deps, request), request)
}

async function resend(deps: Deps, request: RouteRequest): Promise<void> {
  const objects = await deps.uplink?.resend(request.params['id'] ?? '')
  request.ctx.state['audit'] = { detail: `${request.params['id']} ${objects ?? 0}` }
  return objects === undefined ? sendNotFound(pageContext(deps, request), request) : seeOther(request, '/uplink?done=resent')
}

/** What has reached the centre, what has not, and what a person can do about it. */
export const uplinkRoutes = (deps: Deps): Route[] => [
  { method: 'GET', path: '/uplink', access: 'read', handle: (request) => show(deps, request) },
  { method: 'POST', path: '/uplink/now', access: 'read', audit: 'uplink.now', handle: async (request) => {
    deps.uplink?.hurry()
    seeOther(request, '/uplink?done=hurried')
  } },
  { method: 'POST', path: '/uplink/:id/test', access: 'read', audit: 'uplink.test', handle: (request) => test(deps, request) },
  { method: 'POST', path: '/uplink/:id/resend', access: 'configure', audit: 'uplink.resend', handle: (request) => resend(deps, request) }
]
