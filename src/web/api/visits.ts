import type { z } from 'zod'
import type { Visit } from '../../domain/visit.js'
import { takeOf } from '../../domain/visit.js'
import type { WebDependencies } from '../dependencies.js'
import { badRequest, HttpError } from '../http-error.js'
import { stationsOf } from '../pages/visits-stations.js'
import type { Route, RouteRequest } from '../route.js'
import { parseInput } from './input.js'
import type { visit } from './visits-schemas.js'
import { holdInput, releaseInput, visitInput } from './visits-schemas.js'

const idOf = (request: RouteRequest): string => request.params['id'] ?? ''
const by = (request: RouteRequest): string => request.caller?.id ?? 'unknown'

const jsonOf = (deps: WebDependencies, { id, revision, patientId, openedBy, openedAt, closedAt, closedBy, programme, claims, steps }: Visit): z.input<typeof visit> => ({
  id, revision, patientId, openedBy, openedAt, closedAt: closedAt ?? null, closedBy: closedBy ?? null, programme: programme ?? null,
  stations: claims.map(({ station, take, by: who, usedAt }) => ({ station, take: take?.code ?? null, by: who, since: usedAt, inForce: deps.visits.holds(id, station) })),
  steps: steps.map(({ station, status, startedAt, changedAt }) => ({ station, status, startedAt, changedAt }))
})

function send(deps: WebDependencies, request: RouteRequest, changed: Visit): void {
  request.ctx.body = jsonOf(deps, changed)
  request.ctx.state['audit'] = { patientId: changed.patientId, detail: changed.id }
}

async function start(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { patientId, programme } = parseInput(visitInput, request)
  send(deps, request, await deps.visits.start({ patientId, ...(programme === undefined ? {} : { programme }) }, by(request)))
}

async function hold(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { station, take, takeOver } = parseInput(holdInput, request)
  if (!stationsOf(deps).stations.some(({ id }) => id === station)) throw badRequest('no-such-station', 'There is no such station. Ask GET /api/v1/stations; a DICOM sender is listed from its first echo or image.', 'station')
  const chosen = take === undefined ? undefined : takeOf(take)
  const held = await deps.visits.hold(idOf(request), { station, ...(chosen ? { take: chosen } : {}), takeOver: takeOver ?? false }, by(request))
  if (!held.ok) throw new HttpError(409, held.error)
  send(deps, request, held.value)
}

function stations(deps: WebDependencies, { ctx }: RouteRequest): Promise<void> {
  ctx.body = { stations: stationsOf(deps).stations.map(({ id, name, kind, state }) => ({ id, name, kind, state, heldBy: deps.visits.holderOf(id)?.visit.id ?? null })) }
  return Promise.resolve()
}

/** Visits, for programs: who is examined, and what holds which device. */
export function visitApiRoutes(deps: WebDependencies): Route[] {
  return [
    { method: 'GET', path: '/api/v1/stations', access: 'read', handle: (request) => stations(deps, request) },
    { method: 'GET', path: '/api/v1/visits', access: 'read', audit: 'visits.list', handle: async ({ ctx }) => { ctx.body = { visits: deps.visits.openVisits().map((each) => jsonOf(deps, each)) } } },
    { method: 'POST', path: '/api/v1/visits', access: 'capture', audit: 'visit.open', handle: (request) => start(deps, request) },
    { method: 'GET', path: '/api/v1/visits/:id', access: 'read', audit: 'visit.view', handle: async (request) => send(deps, request, await deps.visits.read(idOf(request))) },
    { method: 'POST', path: '/api/v1/visits/:id/hold', access: 'capture', audit: 'visit.hold', handle: (request) => hold(deps, request) },
    { method: 'POST', path: '/api/v1/visits/:id/release', access: 'capture', audit: 'visit.release', handle: async (request) => send(deps, request, await deps.visits.release(idOf(request), parseInput(releaseInput, request).station)) },
    { method: 'POST', path: '/api/v1/visits/:id/close', access: 'capture', audit: 'visit.close', handle: async (request) => send(deps, request, await deps.visits.close(idOf(request), by(request))) }
  ]
}
