import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { accepted, parseInput, wholeNumber } from './input.js'
import { changePatient, eyes, excuseEye, merge, patientIdOf, unmerge } from './patient-record.js'
import { patientInput, searchInput } from './schemas.js'

/** Registers at once and says who may be the same person: the caller decides. */
async function register(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const input = parseInput(patientInput, request)
  const mayBeSameAs = deps.patients.nearDuplicates(input).map(({ patient, reason }) => ({ id: patient.id, reason }))
  const patient = accepted(await deps.patients.register(input, request.caller?.id ?? 'unknown'))
  request.ctx.status = 201
  request.ctx.body = { patient, mayBeSameAs }
  request.ctx.state['audit'] = { patientId: patient.id }
}

async function search(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { text, limit } = parseInput(searchInput, request)
  request.ctx.body = { patients: deps.patients.search(text, limit) }
}

async function newest(deps: WebDependencies, request: RouteRequest): Promise<void> {
  request.ctx.body = { patients: deps.patients.search('', wholeNumber(request, 'limit', { low: 1, high: 100, otherwise: 20 })) }
}

/** People. A search is a POST: no name is ever in an address. */
export function patientRoutes(deps: WebDependencies): Route[] {
  return [
    { method: 'GET', path: '/api/v1/patients', access: 'read', audit: 'patients.list', handle: (request) => newest(deps, request) },
    { method: 'POST', path: '/api/v1/patients', access: 'capture', audit: 'patient.registered', handle: (request) => register(deps, request) },
    { method: 'POST', path: '/api/v1/patients/search', access: 'read', audit: 'patients.search', handle: (request) => search(deps, request) },
    { method: 'GET', path: '/api/v1/patients/:id', access: 'read', audit: 'patient.view', handle: async (request) => { request.ctx.body = deps.patients.get(patientIdOf(request)) } },
    { method: 'POST', path: '/api/v1/patients/:id', access: 'capture', audit: 'patient.change', handle: (request) => changePatient(deps, request) },
    { method: 'GET', path: '/api/v1/patients/:id/eyes', access: 'read', audit: 'patient.view', handle: (request) => eyes(deps, request) },
    { method: 'POST', path: '/api/v1/patients/:id/eyes', access: 'capture', audit: 'patient.change', handle: (request) => excuseEye(deps, request) },
    { method: 'POST', path: '/api/v1/patients/:id/merge', access: 'review', audit: 'patient.merge', handle: (request) => merge(deps, request) },
    { method: 'POST', path: '/api/v1/patients/:id/unmerge', access: 'review', audit: 'patient.unmerge', handle: (request) => unmerge(deps, request) }
  ]
}
