import { NotFoundError, RevisionConflictError } from '../../domain/errors.js'
import type { TriageLevel } from '../../domain/finding.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import type { Study } from '../../domain/study.js'
import type { AnswerInput, ReviewInput } from '../../domain/study-changes.js'
import type { ChangeBy } from '../../patients/commands.js'
import type { MessageKey } from '../../i18n/catalogues.js'
import { attachFree } from '../attach-free.js'
import { subjectOfAnswer } from '../audit-views.js'
import { withSecondReader } from '../blind.js'
import type { Route, RouteRequest } from '../route.js'
import { problemText } from '../views/describe.js'
import type { AnswerDraft } from '../views/study/model.js'
import type { ReviewDraft } from '../views/study/review.js'
import { pageContext, revisionOf, seeOther, sendNotFound, textOf } from './respond.js'
import type { StudyAnswer, StudyPageDeps } from './study.js'
import { readOrNotFound, sendStudy } from './study.js'

const LEVELS: readonly TriageLevel[] = ['none', 'routine', 'soon', 'urgent', 'immediate']

export function changeBy(request: RouteRequest): ChangeBy {
  const expectedRevision = revisionOf(request)
  return { by: request.caller?.id ?? 'unknown', ...(expectedRevision === undefined ? {} : { expectedRevision }) }
}

type Drafts = Pick<StudyAnswer, 'draft' | 'programmeDraft' | 'answerDraft'>

/** Runs a change and answers: back to the study when done, else the study with the reason and what had been typed. */
export async function perform(deps: StudyPageDeps, request: RouteRequest, { run, done, ...drafts }: { run(): Promise<Result<Study, Problem>>; done: string } & Drafts): Promise<void> {
  const { t } = pageContext(deps, request).words
  try {
    const result = await run()
    // An image in the archive is read no more, whatever is put right.
    if (result.ok) return seeOther(request, `/studies/${result.value.id}?done=${result.value.evicted ? 'saved' : done}`)
    const text = problemText(pageContext(deps, request).words, result.error)
    return await sendStudy(deps, request, { status: 422, flash: { kind: 'bad', text }, ...drafts, ...(drafts.draft ? { draft: { ...drafts.draft, error: text } } : {}) })
  } catch (error) {
    if (error instanceof NotFoundError) return sendNotFound(pageContext(deps, request), request)
    if (!(error instanceof RevisionConflictError)) throw error
    return sendStudy(deps, request, { status: 409, flash: { kind: 'bad', text: t(Object.keys(drafts).length > 0 ? 'study.conflict' : 'study.conflict-again') }, ...drafts })
  }
}

const draftOf = (request: RouteRequest): Required<Omit<ReviewDraft, 'error'>> =>
  ({ action: textOf(request, 'action'), level: textOf(request, 'level'), text: textOf(request, 'text'), reason: textOf(request, 'reason') })

/** The review in the form, or the sentence that says what is missing. */
function reviewOf(draft: ReturnType<typeof draftOf>): ReviewInput | MessageKey {
  const { action, reason, text } = draft
  if (action !== 'accept' && action !== 'change' && action !== 'reject') return 'error.bad-form'
  const level = LEVELS.find((each) => each === draft.level)
  if (action === 'change' && !level) return 'review.no-level'
  if (action === 'change' && text === '') return 'review.no-text'
  if (action !== 'accept' && reason === '') return 'review.no-reason'
  return { action, reason, ...(action === 'change' && level ? { triage: { level, text } } : {}) }
}

async function review(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const draft = draftOf(request)
  const input = reviewOf(draft)
  if (typeof input === 'string') {
    const text = pageContext(deps, request).words.t(input)
    return sendStudy(deps, request, { status: 422, flash: { kind: 'bad', text }, draft: { ...draft, error: text } })
  }
  const study = await readOrNotFound(deps, request)
  if (!study) return
  return perform(deps, request, { run: () => deps.commands.review(study.id, withSecondReader(study, input), changeBy(request)), done: 'saved', draft })
}

function answerOf(request: RouteRequest): AnswerInput {
  const packId = textOf(request, 'packId')
  const age = textOf(request, 'ageYears')
  const ageYears = age === '' ? Number.NaN : Number(age)
  const laterality = textOf(request, 'laterality')
  return {
    ...(packId === '' ? {} : { packId }), ...(ageYears >= 0 && ageYears <= 130 ? { ageYears } : {}),
    ...(laterality === 'L' || laterality === 'R' ? { laterality } : {})
  }
}

const answerDraftOf = (request: RouteRequest): AnswerDraft => ({ packId: textOf(request, 'packId'), ageYears: textOf(request, 'ageYears'), laterality: textOf(request, 'laterality') })

/** An age also goes into the record of the patient: the audit's entry names them too. */
async function answer(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const input = answerOf(request)
  await perform(deps, request, {
    done: 'again', answerDraft: answerDraftOf(request), run: async () => {
      const answered = await deps.commands.answer(request.params['id'] ?? '', input, changeBy(request))
      if (answered.ok) request.ctx.state['audit'] = subjectOfAnswer(answered.value, input)
      return answered
    }
  })
}

/** The form of a new person knows no revision: it gives away only what is nobody's. */
function attach(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const id = request.params['id'] ?? ''
  const patientId = textOf(request, 'patientId') || undefined
  const who = changeBy(request)
  const run = patientId !== undefined && who.expectedRevision === undefined ? () => attachFree(deps, { id, patientId }, who.by) : () => deps.commands.attach(id, patientId, who)
  return perform(deps, request, { run, done: 'saved' })
}

/** What people do to a study: attach, answer, review, retry. */
export function studyActionRoutes(deps: StudyPageDeps): Route[] {
  const idOf = (request: RouteRequest): string => request.params['id'] ?? ''
  return [
    { method: 'POST', path: '/studies/:id/attach', access: 'capture', audit: 'study.attach', handle: (request) => attach(deps, request) },
    { method: 'POST', path: '/studies/:id/answer', access: 'capture', audit: 'study.answer', handle: (request) => answer(deps, request) },
    { method: 'POST', path: '/studies/:id/review', access: 'review', audit: 'study.review', handle: (request) => review(deps, request) },
    { method: 'POST', path: '/studies/:id/retry', access: 'capture', audit: 'study.retry',
      handle: (request) => perform(deps, request, { run: () => deps.commands.retry(idOf(request), changeBy(request)), done: 'again' }) }
  ]
}
