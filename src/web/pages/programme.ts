import type { Study } from '../../domain/study.js'
import type { Answers } from '../../domain/programme-answers.js'
import { escalationsOf } from '../../programmes/escalate.js'
import type { Programme } from '../../programmes/programme.js'
import { programmeFor } from '../../programmes/programmes.js'
import { validateAnswers } from '../../programmes/validate-answers.js'
import type { Route, RouteRequest } from '../route.js'
import type { ProgrammeDraft } from '../views/study/model.js'
import { ANSWER_PREFIX } from '../views/study/programme.js'
import { pageContext, textOf } from './respond.js'
import type { StudyPageDeps } from './study.js'
import { readOrNotFound, sendStudy } from './study.js'
import { changeBy, perform } from './study-actions.js'

const typedIn = (request: RouteRequest, programme: Programme): Record<string, string> =>
  Object.fromEntries(programme.fields.map(({ name }) => [name, textOf(request, ANSWER_PREFIX + name)]))

function refuse(deps: StudyPageDeps, request: RouteRequest, refused: { readonly text: 'programme.wrong' | 'programme.none'; readonly programmeDraft?: ProgrammeDraft }): Promise<void> {
  const flash = { kind: 'bad' as const, text: pageContext(deps, request).words.t(refused.text) }
  return sendStudy(deps, request, { status: 422, flash, ...(refused.programmeDraft ? { programmeDraft: refused.programmeDraft } : {}) })
}

function keep(deps: StudyPageDeps, request: RouteRequest, filled: { study: Study; programme: Programme; answers: Answers; programmeDraft: ProgrammeDraft }): Promise<void> {
  const { study, programme, answers, programmeDraft } = filled
  const stored = { programme: programme.id, version: programme.version, answers, escalations: escalationsOf(programme, answers) }
  return perform(deps, request, { run: () => deps.commands.answerProgramme(study.id, stored, changeBy(request)), done: 'saved', programmeDraft })
}

/** Checks what was typed, works out what it asks for, and stores both with the study; after a refusal the text is still there. */
async function answer(deps: StudyPageDeps, request: RouteRequest): Promise<void> {
  const study = await readOrNotFound(deps, request)
  if (!study) return
  const programme = programmeFor(study.modality ?? study.reading?.modality)
  if (!programme) return refuse(deps, request, { text: 'programme.none' })
  const values = typedIn(request, programme)
  const checked = validateAnswers(programme, values)
  if (checked.ok) return keep(deps, request, { study, programme, answers: checked.value, programmeDraft: { values, wrong: [] } })
  return refuse(deps, request, { text: 'programme.wrong', programmeDraft: { values, wrong: checked.error.flatMap(({ path }) => path ?? []) } })
}

/** The form of the programme that an image belongs to. The audit record says that it was filled in, never with what. */
export function programmeRoutes(deps: StudyPageDeps): Route[] {
  return [{ method: 'POST', path: '/studies/:id/programme', access: 'capture', audit: 'study.programme', handle: (request) => answer(deps, request) }]
}
