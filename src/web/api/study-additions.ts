import { problem } from '../../domain/problem.js'
import { isOutcomeOf } from '../outcome-of.js'
import type { WebDependencies } from '../dependencies.js'
import { HttpError } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import { accepted, parseInput } from './input.js'
import { noteInput, outcomeInput, regionInput, retryInput } from './schemas.js'
import { sendStudyJson, studyIdOf } from './studies.js'

const byOf = (request: RouteRequest): string => request.caller?.id ?? 'unknown'
const seen = (revision: number | undefined): { expectedRevision?: number } => (revision === undefined ? {} : { expectedRevision: revision })

async function note(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { text, revision } = parseInput(noteInput, request)
  sendStudyJson(deps, request, accepted(await deps.commands.note(studyIdOf(request), text, { by: byOf(request), ...seen(revision) })))
}

async function mark(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision, ...region } = parseInput(regionInput, request)
  sendStudyJson(deps, request, accepted(await deps.commands.markRegion(studyIdOf(request), region, { by: byOf(request), ...seen(revision) })))
}

async function withdraw(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision } = parseInput(retryInput, request)
  sendStudyJson(deps, request, accepted(await deps.commands.withdrawRegion(studyIdOf(request), request.params['region'] ?? '', { by: byOf(request), ...seen(revision) })))
}

async function outcome(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision, note: remark, ...input } = parseInput(outcomeInput, request)
  const study = await deps.store.read(studyIdOf(request))
  if (!isOutcomeOf(study, input)) throw new HttpError(422, problem('bad-outcome', 'The programme of this image knows no such result. Look at its data file under src/programmes/.', 'value'))
  sendStudyJson(deps, request, accepted(await deps.commands.enterOutcome(study.id, { ...input, ...(remark ? { note: remark } : {}) }, { by: byOf(request), ...seen(revision) })))
}

/** What is added to a study beside its verdict, for programs. */
export function studyAdditionRoutes(deps: WebDependencies): Route[] {
  const at = '/api/v1/studies/:id'
  return [
    { method: 'POST', path: `${at}/notes`, access: 'capture', audit: 'study.note', handle: (request) => note(deps, request) },
    { method: 'POST', path: `${at}/regions`, access: 'review', audit: 'study.region', handle: (request) => mark(deps, request) },
    { method: 'POST', path: `${at}/regions/:region/withdraw`, access: 'review', audit: 'study.region', handle: (request) => withdraw(deps, request) },
    { method: 'POST', path: `${at}/outcomes`, access: 'capture', audit: 'study.outcome', handle: (request) => outcome(deps, request) }
  ]
}
