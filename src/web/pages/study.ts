import type { PackStatus, WebDependencies } from '../dependencies.js'
import type { Study, StudySummary } from '../../domain/study.js'
import { NotFoundError } from '../../domain/errors.js'
import { lateralityOf } from '../../domain/study.js'
import { isInRoundOf, isOldRound } from '../../programmes/eyes.js'
import { isBlind, viewFor } from '../blind.js'
import { eyesOfLines } from '../eyes-of-lines.js'
import type { Caller, Route, RouteRequest } from '../route.js'
import type { Flash } from '../views/page.js'
import type { AnswerDraft, PackChoice, ProgrammeDraft, StudyModel } from '../views/study/model.js'
import type { ReviewDraft } from '../views/study/review.js'
import { studyFragment, studyPage } from '../views/study/study.js'
import { priorOf } from '../prior.js'
import { eyePhotosOf, eyesOfPhoto } from '../patient-eyes.js'
import { pageContext, sendHtml, sendNotFound, wantsFragment } from './respond.js'

export type StudyPageDeps = Pick<WebDependencies, 'store' | 'patients' | 'visits' | 'clock' | 'reader' | 'commands' | 'priors'>

/** As many of a person as a page looks at: the one before this may lie behind a long stay's clips. */
const OTHERS = 1000

/** The newest pack in service of each kind; the gate's own pack is no choice. */
function packChoices(packs: readonly PackStatus[]): PackChoice[] {
  const usable = packs.filter((pack) => pack.inService && pack.modality !== 'any')
  return [...new Map(usable.map((pack) => [pack.id, { id: pack.id, modality: pack.modality }])).values()]
}

/** One of years ago, or of another place on the chest, was no try at this one. */
function ungradableTries(study: Study, others: readonly StudySummary[]): number {
  const isSame = (other: StudySummary): boolean =>
    other.modality === study.modality && other.laterality === lateralityOf(study) && (other.take ?? study.take) === (study.take ?? other.take) && isInRoundOf(study, other)
  const same = others.filter((other) => other.gradable === false && isSame(other))
  return same.length + (study.reading?.quality.gradable === false ? 1 : 0)
}

async function modelOf(deps: StudyPageDeps, study: Study, caller: Caller | undefined): Promise<StudyModel> {
  const view = viewFor(caller)
  const patient = study.patientId ? deps.patients.find(study.patientId) : undefined
  const all = study.patientId ? deps.store.list({ patientId: study.patientId, order: 'newest', limit: OTHERS }).studies : []
  const others = all.filter((other) => other.id !== study.id)
  const prior = patient && await priorOf(deps.priors, patient, { study, others })
  const eyes = await eyesOfPhoto(deps.store, study, { patient, view })
  return {
    study, others, failedTries: ungradableTries(study, others), packs: packChoices(deps.reader.status().packs), ...(patient ? { patient } : {}), ...(prior ? { prior } : {}),
    ...(eyes ? { eyes } : {}),
    isOldRound: isOldRound(study, patient ? eyePhotosOf(deps.store, patient.id) : []), eyesOf: eyesOfLines(deps, caller)
  }
}

/** The study, or undefined after the "not found" page has been sent. */
export async function readOrNotFound(deps: StudyPageDeps, request: RouteRequest): Promise<Study | undefined> {
  try {
    return await deps.store.read(request.params['id'] ?? '')
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    sendNotFound(pageContext(deps, request), request)
    return undefined
  }
}

export type StudyAnswer = { readonly status?: number; readonly flash?: Flash; readonly draft?: ReviewDraft; readonly programmeDraft?: ProgrammeDraft; readonly answerDraft?: AnswerDraft }

/** Sends the page of one study, after a refused form with what was refused and what had been typed. */
export async function sendStudy(deps: StudyPageDeps, request: RouteRequest, answer: StudyAnswer = {}): Promise<void> {
  const study = await readOrNotFound(deps, request)
  if (!study) return
  const page = pageContext(deps, request, answer.flash)
  const model = { ...(await modelOf(deps, viewFor(request.caller)(study), request.caller)), blind: isBlind(study, request.caller), ...(answer.programmeDraft ? { programmeDraft: answer.programmeDraft } : {}), ...(answer.answerDraft ? { answerDraft: answer.answerDraft } : {}) }
  sendHtml(request, wantsFragment(request, 'study') ? studyFragment(page, model) : studyPage(page, model, answer.draft), answer.status)
}

export const studyRoutes = (deps: StudyPageDeps): Route[] => [
  { method: 'GET', path: '/studies/:id', access: 'read', audit: 'study.view', handle: (request) => sendStudy(deps, request) }
]
