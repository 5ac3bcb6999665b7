import type { WebDependencies } from '../dependencies.js'
import { dayAsked, registerEntries } from '../register.js'
import type { Route } from '../route.js'
import { registerPage } from '../views/register.js'
import { pageContext, sendHtml } from './respond.js'

/** The register of a day, to look at and to print. */
export const registerRoutes = (deps: Pick<WebDependencies, 'store' | 'patients' | 'clock'>): Route[] => [{
  method: 'GET', path: '/register', access: 'read', audit: 'register.view',
  handle: async (request) => {
    const day = dayAsked(request.query.get('day'), deps.clock.now())
    sendHtml(request, registerPage(pageContext(deps, request), { day, entries: registerEntries(deps, day, request.caller) }))
  }
}]
