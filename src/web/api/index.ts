import type { WebDependencies, WebLimits } from '../dependencies.js'
import type { Route } from '../route.js'
import { openApiDocument } from './openapi.js'
import { patientRoutes } from './patients.js'
import { pictureRoutes } from './pictures.js'
import { studyActionRoutes } from './study-actions.js'
import { studyAdditionRoutes } from './study-additions.js'
import { studyRoutes } from './studies.js'
import { systemRoutes } from './system.js'
import { visitApiRoutes } from './visits.js'

/** The JSON API under `/api/v1`; `openapi.ts` describes every route here. */
export function apiRoutes(deps: WebDependencies, limits: WebLimits): Route[] {
  let document: unknown
  const openApi: Route = { method: 'GET', path: '/api/v1/openapi.json', access: 'read', handle: async ({ ctx }) => { ctx.body = document ??= openApiDocument() } }
  return [...studyRoutes(deps), ...studyActionRoutes(deps), ...studyAdditionRoutes(deps), ...pictureRoutes(deps), ...patientRoutes(deps), ...systemRoutes(deps, limits), ...visitApiRoutes(deps), openApi]
}
