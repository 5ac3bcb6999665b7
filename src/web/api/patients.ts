import { NotFoundError } from '../../domain/errors.js'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { accepted, parseInput, wholeNumber } from './input.js'
import { patientInput, searchInput } from './schemas.js'

function patientIdOf(request: RouteRequest): string {
  const id = request.params['id'] ?? ''
  if (!PATIENT_ID_PATTERN.test(id)) throw new NotFoundError('There is no such patient. Search again, or register the person.')
  return id
}

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
    { method: 'GET', path: '/api/v1/patients/:id', access: 'read', audit: 'patient.view', handle: async (request) => { request.ctx.body = deps.patients.get(patientIdOf(request)) } }
  ]
}
