import type { WebDependencies } from '../dependencies.js'
import type { Route } from '../route.js'
import { offlinePage } from '../views/offline.js'
import { pageContext, sendHtml } from './respond.js'

/** The page without a connection, in the language of the tablet and without a name: tablets keep it. */
export const offlineRoutes = (deps: Pick<WebDependencies, 'clock'>): Route[] => [{
  method: 'GET', path: '/offline', access: 'public',
  handle: async (request) => sendHtml(request, offlinePage(pageContext(deps, { ...request, caller: undefined, csrf: '' })))
}]
