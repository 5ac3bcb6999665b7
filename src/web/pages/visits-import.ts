import type { ImportSession, ListedFile } from '../../domain/import-session.js'
import type { WebDependencies } from '../dependencies.js'
import { HttpError, notFound } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import type { ImportModel } from '../views/visits/import.js'
import { importPage, mediaPart } from '../views/visits/import.js'
import { pageContext, seeOther, sendHtml, textOf, wantsFragment } from './respond.js'
import { isStillOfVisit } from './visits-devices.js'

type Deps = Pick<WebDependencies, 'devices' | 'visits' | 'patients' | 'clock' | 'notices'>

const SHOWN = 60
const idOf = (request: RouteRequest): string => request.params['id'] ?? ''

const isImport = (session: unknown): session is ImportSession => (session as { type?: unknown } | undefined)?.type === 'import'

async function modelOf(deps: Deps, request: RouteRequest): Promise<ImportModel> {
  const deviceId = idOf(request)
  if (!deps.devices.status().some(({ id }) => id === deviceId)) throw notFound('There is no such device. Look on the page System which there are.')
  const session = deps.devices.session?.(deviceId)
  const held = deps.visits.holding(deviceId)
  const patient = held && deps.patients.find(held.patientId)
  const files = new Map<string, readonly ListedFile[]>()
  for (const { id } of isImport(session) ? session.media : []) {
    const answer = await deps.devices.command?.(deviceId, { name: 'files', values: { medium: id, limit: SHOWN }, by: request.caller?.id ?? 'unknown' })
    if (answer?.ok) files.set(id, (answer.value as { files: readonly ListedFile[] }).files)
  }
  return { deviceId, files, ...(isImport(session) ? { session } : {}), ...(held && patient ? { holder: { visitId: held.visitId, name: patient.name } } : {}) }
}

async function show(deps: Deps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const model = await modelOf(deps, request)
  sendHtml(request, wantsFragment(request, 'media') ? mediaPart(page, model) : importPage(page, model))
}

/** A card holds other people's pictures too: for a person only what was ticked counts, unless there is just one. */
async function isUnsure(deps: Deps, request: RouteRequest, ticked: readonly unknown[]): Promise<boolean> {
  if (ticked.length > 0 || textOf(request, 'forVisit') !== 'true') return false
  const { session } = await modelOf(deps, request)
  return (session?.media.find(({ id }) => id === textOf(request, 'medium'))?.pictures ?? 0) > 1
}

async function again(deps: Deps, request: RouteRequest, { status, key }: { status: number; key: 'import.tick' | 'problem.other-visit' }): Promise<void> {
  const page = pageContext(deps, request)
  sendHtml(request, importPage({ ...page, flash: { kind: 'bad', text: page.words.t(key) } }, await modelOf(deps, request)), status)
}

/** What is ticked; without a person nothing ticked is everything. */
async function take(deps: Deps, request: RouteRequest): Promise<void> {
  const ticked = [request.body['wanted'] ?? []].flat().filter((key) => typeof key === 'string')
  if (await isUnsure(deps, request, ticked)) return again(deps, request, { status: 422, key: 'import.tick' })
  const forVisit = textOf(request, 'forVisit') === 'true'
  if (forVisit && !isStillOfVisit(deps, request)) return again(deps, request, { status: 409, key: 'problem.other-visit' })
  const values = { medium: textOf(request, 'medium'), wanted: ticked.length === 0 ? 'all' : ticked, forVisit }
  const answer = await deps.devices.command?.(idOf(request), { name: 'import', values, by: request.caller?.id ?? 'unknown' })
  if (!answer) throw notFound('There is no such device. Look on the page System which there are.')
  if (!answer.ok) throw new HttpError(409, answer.error)
  return seeOther(request, `/devices/${idOf(request)}`)
}

/** Importing from a stick, a card or a camera. */
export function importRoutes(deps: Deps): Route[] {
  return [
    { method: 'GET', path: '/devices/:id', access: 'capture', audit: 'device.media', handle: (request) => show(deps, request) },
    { method: 'POST', path: '/devices/:id/import', access: 'capture', audit: 'device.import', handle: (request) => take(deps, request) }
  ]
}
