import { PATIENT_ID_PATTERN, STUDY_ID_PATTERN } from '../../domain/ids.js'
import type { Patient } from '../../domain/patient.js'
import type { PatientInput } from '../../patients/patients.js'
import type { Route, RouteRequest } from '../route.js'
import type { PatientDraft } from '../views/patients.js'
import { html } from '../views/html.js'
import { problemText } from '../views/describe.js'
import { mergeLinks, mergeSearchPage } from '../views/merge.js'
import { mergedPatientPage, patientPage } from '../views/patient.js'
import { newPatientPage, patientLinks, patientsPage } from '../views/patients.js'
import { attachFree } from '../attach-free.js'
import { viewFor } from '../blind.js'
import { eyePhotosOf, readEyes } from '../patient-eyes.js'
import { rowsOf } from '../rows.js'
import { attachResults } from '../views/study/patient-panel.js'
import { pageContext, revisionOf, seeOther, sendHtml, sendNotFound, textOf, wantsFragment } from './respond.js'
import type { StudyPageDeps } from './study.js'
import { sendStudy } from './study.js'
import { perform } from './study-actions.js'

/** The fields of the form of a person. */
export const PATIENT_FIELDS = ['name', 'identifier', 'sex', 'ageYears', 'birthDate', 'village', 'phone', 'pregnancy'] as const
const STUDIES_SHOWN = 100
const FOUND_SHOWN = 20

/** One letter finds too many; nothing typed shows nobody. */
const found = (deps: StudyPageDeps, text: string): Patient[] => (text.length < 2 ? [] : deps.patients.search(text, FOUND_SHOWN))

const studyOf = (text: string): string | undefined => (STUDY_ID_PATTERN.test(text) ? text : undefined)

async function search(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const text = textOf(request, 'text')
  const studyId = studyOf(textOf(request, 'study'))
  const people = found(deps, text)
  const summary = studyId === undefined ? undefined : deps.store.summary(studyId)
  if (text.length < 2 && wantsFragment(request, 'results')) return sendHtml(request, html``)
  const keep = deps.patients.find(textOf(request, 'merge'))
  if (keep) return sendHtml(request, wantsFragment(request, 'results') ? mergeLinks(page, keep.id, people) : mergeSearchPage(page, keep, people))
  if (summary && wantsFragment(request, 'results')) {
    return sendHtml(request, attachResults(page, { studyId: summary.id, revision: revisionOf(request) ?? summary.revision }, people))
  }
  if (wantsFragment(request, 'results')) return sendHtml(request, patientLinks(page, people))
  const results = summary && attachResults(page, { studyId: summary.id, revision: revisionOf(request) ?? summary.revision }, people)
  return sendHtml(request, patientsPage(page, { text, found: people, ...(results ? { results } : {}) }))
}

function draftOf(request: RouteRequest): PatientDraft & { readonly input: PatientInput } {
  const values = Object.fromEntries(PATIENT_FIELDS.map((name) => [name, textOf(request, name)]))
  const studyId = studyOf(textOf(request, 'study'))
  return {
    values, errors: {}, ...(studyId ? { studyId } : {}), forCapture: textOf(request, 'then') === 'capture', forVisit: textOf(request, 'then') === 'visit',
    input: { ...values, name: values['name'] ?? '' }
  }
}

const ofStudy = (request: RouteRequest, id: string): RouteRequest => ({ ...request, params: { id } })

/** The image is somebody's by now: nobody is registered for it, and its page says so. */
async function isGiven(deps: StudyPageDeps, { studyId }: PatientDraft): Promise<boolean> {
  return studyId !== undefined && (await deps.store.read(studyId)).patientId !== undefined
}

/** Back to where the person was needed: the study (attached), the camera, or their own page. */
async function goOn(deps: StudyPageDeps, request: RouteRequest, next: { patient: Patient; draft: PatientDraft }): Promise<void> {
  const { patient, draft } = next
  const { studyId } = draft
  if (studyId) return perform(deps, ofStudy(request, studyId), { run: () => attachFree(deps, { id: studyId, patientId: patient.id }, request.caller?.id ?? 'unknown'), done: 'saved' })
  if (draft.forVisit) return seeOther(request, `/visits/${(await deps.visits.start({ patientId: patient.id }, request.caller?.id ?? 'unknown')).id}`)
  return seeOther(request, draft.forCapture ? `/capture?patient=${patient.id}` : `/patients/${patient.id}?done=registered`)
}

async function register(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const draft = draftOf(request)
  if (await isGiven(deps, draft)) return sendStudy(deps, ofStudy(request, draft.studyId ?? ''), { status: 409, flash: { kind: 'bad', text: page.words.t('study.conflict-again') } })
  const similar = textOf(request, 'sure') === 'yes' ? [] : deps.patients.nearDuplicates(draft.input).map((near) => near.patient)
  if (similar.length > 0) return sendHtml(request, newPatientPage(page, { ...draft, similar }), 422)
  const result = await deps.patients.register(draft.input, request.caller?.id ?? 'unknown')
  if (result.ok) return goOn(deps, request, { patient: result.value, draft })
  return sendHtml(request, newPatientPage(page, { ...draft, errors: { [result.error.path ?? '']: problemText(page.words, result.error) } }), 422)
}

async function one(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const id = request.params['id'] ?? ''
  const patient = PATIENT_ID_PATTERN.test(id) ? deps.patients.find(id) : undefined
  if (!patient) return sendNotFound(page, request)
  if (patient.id !== id) return sendHtml(request, mergedPatientPage(page, deps.patients.get(id)))
  const { studies } = deps.store.list({ patientId: id, order: 'newest', limit: STUDIES_SHOWN })
  const eyes = await readEyes(deps.store, { patient, view: viewFor(request.caller) })
  return sendHtml(request, patientPage(page, { patient, rows: studies.map(rowsOf(deps, request.caller)), also: deps.patients.mergedInto(id), ...(eyes ? { eyes, photos: eyePhotosOf(deps.store, id) } : {}) }))
}

async function form(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const studyId = studyOf(request.query.get('study') ?? '')
  const then = request.query.get('then')
  return sendHtml(request, newPatientPage(pageContext(deps, request), { values: {}, errors: {}, forCapture: then === 'capture', forVisit: then === 'visit', ...(studyId ? { studyId } : {}) }))
}

/** Finding, registering and looking at people. Searching is POST, so that no name is ever in an address. */
export function patientRoutes(deps: StudyPageDeps): Route[] {
  return [
    { method: 'GET', path: '/patients', access: 'read', handle: async (request) => sendHtml(request, patientsPage(pageContext(deps, request), { text: '' })) },
    { method: 'POST', path: '/patients/search', access: 'read', audit: 'patients.search', handle: (request) => search(deps, request) },
    { method: 'GET', path: '/patients/new', access: 'capture', handle: (request) => form(deps, request) },
    { method: 'POST', path: '/patients', access: 'capture', audit: 'patient.register', handle: (request) => register(deps, request) },
    { method: 'GET', path: '/patients/:id', access: 'read', audit: 'patient.view', handle: (request) => one(deps, request) }
  ]
}
