import { STUDY_ID_PATTERN } from '../../domain/ids.js'
import type { StudyId } from '../../domain/ids.js'
import { DamagedError, NotFoundError } from '../../domain/errors.js'
import type { Study, StudySummary } from '../../domain/study.js'
import type { WebDependencies } from '../dependencies.js'
import { viewFor } from '../blind.js'
import type { Route, RouteRequest } from '../route.js'
import { oneOf, wholeNumber } from './input.js'
import { studyJson, studyLineJson } from './study-json.js'

const READERS = 8

/** The id of the address, checked. @throws NotFoundError */
export function studyIdOf(request: RouteRequest): StudyId {
  const id = request.params['id'] ?? ''
  if (!STUDY_ID_PATTERN.test(id)) throw new NotFoundError('There is no such study. Look it up in the list.')
  return id
}

async function list(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const unattached = oneOf(request, 'unattached', ['true', 'false'])
  const { studies, next, total } = deps.store.list({
    state: oneOf(request, 'state', ['received', 'needs-input', 'analysing', 'ready', 'failed']),
    modality: oneOf(request, 'modality', ['fundus', 'cxr', 'ultrasound']),
    level: oneOf(request, 'level', ['none', 'routine', 'soon', 'urgent', 'immediate']),
    order: oneOf(request, 'order', ['urgency', 'newest']),
    patientId: request.query.get('patient') ?? undefined, cursor: request.query.get('cursor') ?? undefined,
    limit: wholeNumber(request, 'limit', { low: 1, high: 200, otherwise: 50 }),
    ...(unattached ? { unattached: unattached === 'true' } : {})
  })
  request.ctx.body = { studies: await withDocuments(deps, studies, viewFor(request.caller)), next: next ?? null, total }
}

/** Reads the documents of one page, a few at a time. */
async function withDocuments(deps: WebDependencies, summaries: readonly StudySummary[], view: (study: Study) => Study) {
  const lines = new Array<ReturnType<typeof studyLineJson>>(summaries.length)
  const queue = summaries.entries()
  await Promise.all(Array.from({ length: READERS }, async () => {
    for (const [index, summary] of queue) {
      lines[index] = studyLineJson(summary, await readOrNothing(deps, summary.id).then((study) => study && view(study)), summary.patientId ? deps.patients.find(summary.patientId) : undefined)
    }
  }))
  return lines
}

async function readOrNothing(deps: WebDependencies, id: StudyId): Promise<Study | undefined> {
  try {
    return await deps.store.read(id)
  } catch (error) {
    if (error instanceof DamagedError || error instanceof NotFoundError) return undefined
    throw error
  }
}

/** The study as the API shows it after a read or a change. */
export function sendStudyJson(deps: WebDependencies, request: RouteRequest, study: Study): void {
  request.ctx.body = studyJson(viewFor(request.caller)(study), study.patientId ? deps.patients.find(study.patientId) : undefined)
}

export function studyRoutes(deps: WebDependencies): Route[] {
  return [
    { method: 'GET', path: '/api/v1/studies', access: 'read', audit: 'studies.list', handle: (request) => list(deps, request) },
    { method: 'GET', path: '/api/v1/studies/:id', access: 'read', audit: 'study.view', handle: async (request) => sendStudyJson(deps, request, await deps.store.read(studyIdOf(request))) }
  ]
}
