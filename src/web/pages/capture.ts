import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import type { CaptureModel } from '../views/capture.js'
import { capturePage } from '../views/capture.js'
import { pageContext, sendHtml } from './respond.js'

/** Who the pictures are of and which eye, as far as the address says. */
function modelOf(deps: Pick<WebDependencies, 'patients'>, query: URLSearchParams): CaptureModel {
  const id = query.get('patient') ?? ''
  const patient = PATIENT_ID_PATTERN.test(id) ? deps.patients.find(id) : undefined
  const eye = query.get('eye')
  return { ...(patient ? { patient } : {}), ...(eye === 'L' || eye === 'R' ? { eye } : {}) }
}

/** Taking and choosing pictures. */
export function captureRoutes(deps: WebDependencies): Route[] {
  const show = async (request: RouteRequest): Promise<void> =>
    sendHtml(request, capturePage(pageContext(deps, request), modelOf(deps, request.query)))
  return [{ method: 'GET', path: '/capture', access: 'capture', handle: show }]
}
