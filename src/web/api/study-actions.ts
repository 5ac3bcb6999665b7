import { NotFoundError } from '../../domain/errors.js'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { ChangeBy } from '../../patients/commands.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { accepted, parseInput } from './input.js'
import { answerInput, attachInput, retryInput, reviewInput } from './schemas.js'
import { sendStudyJson, studyIdOf } from './studies.js'

const who = (request: RouteRequest, revision: number | undefined): ChangeBy =>
  ({ by: request.caller?.id ?? 'unknown', ...(revision === undefined ? {} : { expectedRevision: revision }) })

async function attach(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { patientId, revision } = parseInput(attachInput, request)
  if (patientId !== null && !PATIENT_ID_PATTERN.test(patientId)) throw new NotFoundError('There is no such patient. Search again, or register the person.')
  sendStudyJson(deps, request, accepted(await deps.commands.attach(studyIdOf(request), patientId ?? undefined, who(request, revision))))
  request.ctx.state['audit'] = patientId === null ? { detail: 'detached' } : { patientId }
}

async function review(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision, ...input } = parseInput(reviewInput, request)
  sendStudyJson(deps, request, accepted(await deps.commands.review(studyIdOf(request), input, who(request, revision))))
  request.ctx.state['audit'] = { detail: input.action }
}

async function answer(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision, ...input } = parseInput(answerInput, request)
  sendStudyJson(deps, request, accepted(await deps.commands.answer(studyIdOf(request), input, who(request, revision))))
}

async function retry(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision } = parseInput(retryInput, request)
  sendStudyJson(deps, request, accepted(await deps.commands.retry(studyIdOf(request), who(request, revision))))
}

/** What people do to a study, for programs; each answers the study as it stands then. */
export function studyActionRoutes(deps: WebDependencies): Route[] {
  return [
    { method: 'POST', path: '/api/v1/studies/:id/attach', access: 'capture', audit: 'study.attach', handle: (request) => attach(deps, request) },
    { method: 'POST', path: '/api/v1/studies/:id/review', access: 'review', audit: 'study.review', handle: (request) => review(deps, request) },
    { method: 'POST', path: '/api/v1/studies/:id/answer', access: 'capture', audit: 'study.answer', handle: (request) => answer(deps, request) },
    { method: 'POST', path: '/api/v1/studies/:id/retry', access: 'capture', audit: 'study.retry', handle: (request) => retry(deps, request) }
  ]
}
