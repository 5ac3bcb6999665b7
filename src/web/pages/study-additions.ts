import { RevisionConflictError } from '../../domain/errors.js'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err } from '../../domain/result.js'
import type { Study } from '../../domain/study.js'
import type { RegionInput } from '../../domain/study-additions.js'
import { isOutcomeOf } from '../outcome-of.js'
import type { Route, RouteRequest } from '../route.js'
import { PERSON } from '../views/form.js'
import { textOf } from './respond.js'
import type { StudyPageDeps } from './study.js'
import { readOrNotFound } from './study.js'
import { changeBy, perform } from './study-actions.js'

const numberOf = (request: RouteRequest, name: string): number => (textOf(request, name) === '' ? Number.NaN : Number(textOf(request, name)))

const regionOf = (request: RouteRequest): RegionInput => ({
  frame: numberOf(request, 'frame'), x: numberOf(request, 'x'), y: numberOf(request, 'y'), width: numberOf(request, 'width'), height: numberOf(request, 'height'), text: textOf(request, 'text')
})

async function region(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const id = request.params['id'] ?? ''
  const withdrawn = textOf(request, 'withdraw')
  const run = () => (withdrawn ? deps.commands.withdrawRegion(id, withdrawn, changeBy(request)) : deps.commands.markRegion(id, regionOf(request), changeBy(request)))
  return perform(deps, request, { run, done: 'saved' })
}

async function outcome(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const study = await readOrNotFound(deps, request)
  if (!study) return
  const [kind = '', value = ''] = textOf(request, 'result').split('/')
  const input = { kind, value, onDate: textOf(request, 'onDate'), note: textOf(request, 'note') }
  const refused = err(problem('bad-outcome', 'Choose a result of the list.', 'result'))
  return said(deps, request, (by) => (isOutcomeOf(study, input) ? deps.commands.enterOutcome(study.id, input, { by }) : Promise.resolve(refused)))
}

/** Of a person, who may be another by now than the one that its page showed: then it is said of nobody. */
function said(deps: StudyPageDeps, request: RouteRequest, save: (by: string) => Promise<Result<Study, Problem>>): Promise<void> {
  const run = async (): Promise<Result<Study, Problem>> => {
    const { patientId, revision } = await deps.store.read(request.params['id'] ?? '')
    const of = textOf(request, PERSON)
    const isOfAnother = PATIENT_ID_PATTERN.test(of) && deps.patients.find(of)?.id !== (patientId && deps.patients.find(patientId)?.id)
    if (isOfAnother) throw new RevisionConflictError(revision)
    return save(changeBy(request).by)
  }
  return perform(deps, request, { run, done: 'saved' })
}

/** What people add to a study beside the verdict; nothing of it replaces anything, so a note or a result needs no revision. */
export function studyAdditionRoutes(deps: StudyPageDeps): Route[] {
  const note = (request: RouteRequest): Promise<void> =>
    said(deps, request, (by) => deps.commands.note(request.params['id'] ?? '', textOf(request, 'text'), { by }))
  return [
    { method: 'POST', path: '/studies/:id/note', access: 'capture', audit: 'study.note', handle: note },
    { method: 'POST', path: '/studies/:id/region', access: 'review', audit: 'study.region', handle: (request) => region(deps, request) },
    { method: 'POST', path: '/studies/:id/outcome', access: 'capture', audit: 'study.outcome', handle: (request) => outcome(deps, request) }
  ]
}
