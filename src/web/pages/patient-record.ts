import { NotFoundError, RevisionConflictError } from '../../domain/errors.js'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { EyeExcuse, Patient } from '../../domain/patient.js'
import { EYE_EXCUSES } from '../../domain/patient.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { badRequest } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import { problemText } from '../views/describe.js'
import { mergePage, mergeSearchPage } from '../views/merge.js'
import { editPatientPage, valuesOf } from '../views/patients.js'
import { PATIENT_FIELDS } from './patients.js'
import { pageContext, revisionOf, seeOther, sendHtml, textOf } from './respond.js'
import type { StudyPageDeps } from './study.js'
import { changeBy } from './study-actions.js'

/** The very record of the address, merged or not. @throws NotFoundError */
export function recordOf(deps: Pick<StudyPageDeps, 'patients'>, id: string): Patient {
  if (!PATIENT_ID_PATTERN.test(id)) throw new NotFoundError('There is no such patient. Search again, or register the person.')
  return deps.patients.get(id)
}

const idOf = (request: RouteRequest): string => request.params['id'] ?? ''

async function showEdit(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const record = recordOf(deps, idOf(request))
  const page = pageContext(deps, request)
  sendHtml(request, editPatientPage(page, { record, values: valuesOf(record, page.now), errors: {} }))
}

async function edit(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const record = recordOf(deps, idOf(request))
  const values = Object.fromEntries(PATIENT_FIELDS.map((name) => [name, textOf(request, name)]))
  try {
    const result = await deps.commands.updatePatient(record.id, { ...values, name: values['name'] ?? '' }, changeBy(request))
    if (result.ok) return seeOther(request, `/patients/${record.id}?done=saved`)
    const page = pageContext(deps, request)
    return sendHtml(request, editPatientPage(page, { record, values, errors: { [result.error.path ?? '']: problemText(page.words, result.error) } }), 422)
  } catch (error) {
    if (!(error instanceof RevisionConflictError)) throw error
    const page = pageContext(deps, request, { kind: 'bad', text: pageContext(deps, request).words.t('patient.conflict') })
    return sendHtml(request, editPatientPage(page, { record: recordOf(deps, record.id), values, errors: {}, conflict: true }), 409)
  }
}

async function excuse(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const record = recordOf(deps, idOf(request))
  const side = textOf(request, 'side')
  const chosen = EYE_EXCUSES.find((each): each is EyeExcuse => each === textOf(request, 'excuse'))
  if (side !== 'L' && side !== 'R') throw badRequest('bad-laterality', 'Choose L or R for the side.', 'side')
  await deps.commands.excuseEye(record.id, { side, ...(chosen ? { excuse: chosen } : {}) }, changeBy(request))
  seeOther(request, `/patients/${record.id}?done=saved`)
}

const imagesOf = (deps: StudyPageDeps, { id }: Patient): number => deps.store.list({ patientId: id, limit: 1 }).total

function sendComparison(deps: StudyPageDeps, request: RouteRequest, pair: { keep: Patient; duplicate: Patient; problem?: Problem }): void {
  const { keep, duplicate, problem } = pair
  const page = pageContext(deps, request)
  const images = { keep: imagesOf(deps, keep), duplicate: imagesOf(deps, duplicate) }
  sendHtml(request, mergePage(page, { keep, duplicate, images, ...(problem ? { error: problemText(page.words, problem) } : {}) }), problem ? 422 : 200)
}

async function showMerge(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const keep = recordOf(deps, idOf(request))
  const other = request.query.get('with')
  if (other) return sendComparison(deps, request, { keep, duplicate: recordOf(deps, other) })
  const page = pageContext(deps, request)
  const alike = deps.patients.nearDuplicates({ ...valuesOf(keep, page.now), name: keep.name }, keep.id).map(({ patient }) => patient)
  return sendHtml(request, mergeSearchPage(page, keep, alike))
}

async function merge(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const pair = { keep: recordOf(deps, idOf(request)), duplicate: recordOf(deps, textOf(request, 'duplicate')) }
  const expectedRevision = revisionOf(request)
  const by = request.caller?.id ?? 'unknown'
  const result: Result<Patient, Problem> = await deps.commands.merge({ keep: pair.keep.id, duplicate: pair.duplicate.id }, { by, ...(expectedRevision === undefined ? {} : { expectedRevision }) })
  return result.ok ? seeOther(request, `/patients/${pair.keep.id}?done=merged`) : sendComparison(deps, request, { ...pair, problem: result.error })
}

async function unmerge(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const record = recordOf(deps, idOf(request))
  const result = await deps.commands.unmerge(record.id, request.caller?.id ?? 'unknown')
  if (!result.ok) throw badRequest(result.error.code, result.error.message)
  seeOther(request, `/patients/${record.id}?done=unmerged`)
}

/** What people do to the record of a person: correct it, say why an eye has no photo, make two records one and take them apart. */
export function patientRecordRoutes(deps: StudyPageDeps): Route[] {
  return [
    { method: 'GET', path: '/patients/:id/edit', access: 'capture', audit: 'patient.view', handle: (request) => showEdit(deps, request) },
    { method: 'POST', path: '/patients/:id', access: 'capture', audit: 'patient.change', handle: (request) => edit(deps, request) },
    { method: 'POST', path: '/patients/:id/eyes', access: 'capture', audit: 'patient.change', handle: (request) => excuse(deps, request) },
    { method: 'GET', path: '/patients/:id/merge', access: 'review', audit: 'patient.view', handle: (request) => showMerge(deps, request) },
    { method: 'POST', path: '/patients/:id/merge', access: 'review', audit: 'patient.merge', handle: (request) => merge(deps, request) },
    { method: 'POST', path: '/patients/:id/unmerge', access: 'review', audit: 'patient.unmerge', handle: (request) => unmerge(deps, request) }
  ]
}
