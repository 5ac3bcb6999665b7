import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { quarantinePage } from '../views/quarantine.js'
import type { SystemModel } from '../views/system.js'
import { systemFragment, systemPage } from '../views/system.js'
import { pageContext, sendHtml, wantsFragment } from './respond.js'

type Deps = Pick<WebDependencies, 'store' | 'devices' | 'reader' | 'system' | 'clock'>

async function modelOf(deps: Deps): Promise<SystemModel> {
  const [system, quarantined] = await Promise.all([deps.system(), deps.store.listQuarantine()])
  return { system, devices: deps.devices.status(), reader: deps.reader.status(), quarantined: quarantined.length }
}

/** How the appliance is, and what could not be read. */
export function systemRoutes(deps: Deps): Route[] {
  const system = async (request: RouteRequest): Promise<void> => {
    const page = pageContext(deps, request)
    const model = await modelOf(deps)
    sendHtml(request, wantsFragment(request, 'system') ? systemFragment(page, model) : systemPage(page, model))
  }
  const quarantine = async (request: RouteRequest): Promise<void> =>
    sendHtml(request, quarantinePage(pageContext(deps, request), await deps.store.listQuarantine()))
  return [
    { method: 'GET', path: '/system', access: 'read', handle: system },
    { method: 'GET', path: '/quarantine', access: 'read', audit: 'quarantine.list', handle: quarantine }
  ]
}
