import { NotFoundError } from '../../domain/errors.js'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { ChangeBy } from '../../patients/commands.js'
import { escalationsOf } from '../../programmes/escalate.js'
import { programmeFor } from '../../programmes/programmes.js'
import { validateAnswers } from '../../programmes/validate-answers.js'
import type { WebDependencies } from '../dependencies.js'
import { withSecondReader } from '../blind.js'
import { HttpError } from '../http-error.js'
import { subjectOfAnswer } from '../audit-views.js'
import type { Route, RouteRequest } from '../route.js'
import { accepted, parseInput } from './input.js'
import { answerInput, attachInput, programmeInput, retryInput, reviewInput } from './schemas.js'
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
  const study = await deps.store.read(studyIdOf(request))
  sendStudyJson(deps, request, accepted(await deps.commands.review(study.id, withSecondReader(study, input), who(request, revision))))
  request.ctx.state['audit'] = { detail: input.action }
}

async function answer(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision, ...input } = parseInput(answerInput, request)
  const study = accepted(await deps.commands.answer(studyIdOf(request), input, who(request, revision)))
  sendStudyJson(deps, request, study)
  request.ctx.state['audit'] = subjectOfAnswer(study, input)
}

/** Checked against the programme's own form; the first answer that does not fit is named. */
async function programme(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { answers, revision } = parseInput(programmeInput, request)
  const study = await deps.store.read(studyIdOf(request))
  const form = programmeFor(study.modality ?? study.reading?.modality)
  if (!form) throw new HttpError(422, problem('no-programme', 'There are no questions for this kind of image. Wait until it is read, or say what it is.'))
  const checked = validateAnswers(form, answers)
  if (!checked.ok) throw new HttpError(422, checked.error[0] as Problem)
  const filled = { programme: form.id, version: form.version, answers: checked.value, escalations: escalationsOf(form, checked.value) }
  sendStudyJson(deps, request, accepted(await deps.commands.answerProgramme(study.id, filled, who(request, revision))))
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
    { method: 'POST', path: '/api/v1/studies/:id/programme', access: 'capture', audit: 'study.programme', handle: (request) => programme(deps, request) },
    { method: 'POST', path: '/api/v1/studies/:id/retry', access: 'capture', audit: 'study.retry', handle: (request) => retry(deps, request) }
  ]
}
