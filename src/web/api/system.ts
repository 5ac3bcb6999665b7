import type { WebDependencies, WebLimits } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { saidTo } from '../said.js'
import { receiveUploads, statusOf } from '../uploads.js'

async function status(deps: WebDependencies, { ctx }: RouteRequest): Promise<void> {
  const { version, siteName, startedAt, clockTrusted, disk, dicom, warnings, destinations = [] } = await deps.system()
  const { provider, alive, restarts, packs } = deps.reader.status()
  ctx.body = {
    version, siteName, startedAt, clockTrusted, disk, dicom: dicom ?? null, warnings,
    uplink: { outstanding: destinations.reduce((sum, one) => sum + one.outstanding, 0), needsPerson: destinations.reduce((sum, one) => sum + one.needsPerson, 0), destinations },
    reader: { provider, alive, restarts, packsInService: packs.filter((pack) => pack.inService).length },
    studies: deps.store.counts(), patients: deps.patients.count
  }
}

async function quarantine(deps: WebDependencies, { ctx }: RouteRequest): Promise<void> {
  const entries = await deps.store.listQuarantine()
  ctx.body = {
    quarantine: entries.map(({ id, at, problem, bytes, sha256, originalName, source }) => ({ id, at, problem, bytes, sha256, originalName: originalName ?? null, deviceId: source.deviceId }))
  }
}

async function packs(deps: WebDependencies, { ctx }: RouteRequest): Promise<void> {
  const reader = deps.reader.status()
  ctx.body = { provider: reader.provider, packs: reader.packs.map(({ id, version, sha256, inService, problem, task, modality }) => ({ id, version, sha256, inService, problem, task, modality })) }
}

async function upload(deps: WebDependencies, request: RouteRequest, limits: WebLimits): Promise<void> {
  const files = await receiveUploads(deps, request, limits)
  request.ctx.status = statusOf(files)
  request.ctx.body = { files: files.map((file) => (file.problem ? { ...file, problem: saidTo(request.ctx, file.problem) } : file)) }
}

export function systemRoutes(deps: WebDependencies, limits: WebLimits): Route[] {
  return [
    { method: 'POST', path: '/api/v1/uploads', access: 'capture', handle: (request) => upload(deps, request, limits) },
    { method: 'GET', path: '/api/v1/devices', access: 'read', handle: async ({ ctx }) => { ctx.body = { devices: deps.devices.status() } } },
    { method: 'GET', path: '/api/v1/packs', access: 'read', handle: (request) => packs(deps, request) },
    { method: 'GET', path: '/api/v1/status', access: 'read', handle: (request) => status(deps, request) },
    { method: 'GET', path: '/api/v1/quarantine', access: 'read', audit: 'quarantine.list', handle: (request) => quarantine(deps, request) }
  ]
}
