import type { TriageLevel } from '../../../domain/finding.js'
import { REJECTED, verdictOf } from '../../../domain/study.js'
import { badge, markOfLevel } from '../badge.js'
import { choices, postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { StudyModel } from './model.js'

const LEVELS: readonly TriageLevel[] = ['immediate', 'urgent', 'soon', 'routine', 'none']

/** What was typed before a refusal; given back so that nothing has to be typed twice. */
export type ReviewDraft = { readonly action?: string; readonly level?: string; readonly text?: string; readonly reason?: string; readonly error?: string }

function area(page: PageContext, name: 'text' | 'reason', value: string | undefined): Html {
  const { t } = page.words
  return html`<div class="field"><label for="f-${name}">${t(`review.${name}`)}</label><p class="hint" id="${name}-hint">${t(`review.${name}-hint`)}</p>
<textarea id="f-${name}" name="${name}" rows="2" maxlength="500" aria-describedby="${name}-hint">${value ?? ''}</textarea></div>`
}

function changeFields(page: PageContext, model: StudyModel, draft: ReviewDraft): Html {
  const { words } = page
  const level = draft.level ?? verdictOf(model.study)?.level
  const levels = choices('level', words.t('review.level'), LEVELS.map((value) => ({ value, label: badge(words, markOfLevel(value)), checked: value === level })))
  return html`<div class="only-change">${levels}${area(page, 'text', draft.text)}</div>`
}

/** A clinician accepts, changes or rejects the verdict; everything stays in the history. */
export function reviewPart(page: PageContext, model: StudyModel, draft: ReviewDraft = {}): Html | undefined {
  const { study } = model
  if (!can(page, 'review') || study.state === 'received' || study.state === 'analysing') return undefined
  const { t } = page.words
  const actions = (['accept', 'change', 'reject'] as const).filter((action) => action !== 'accept' || (study.state === 'ready' && verdictOf(study)?.code !== REJECTED.code))
  const action = draft.action ?? actions[0]
  const body = html`${revisionField(study.revision)}${draft.error ? html`<p class="error" role="alert">${draft.error}</p>` : undefined}
${choices('action', t('review.action'), actions.map((value) => ({ value, label: t(`review.${value}`), checked: value === action })), true)}
${changeFields(page, model, draft)}${area(page, 'reason', draft.reason)}<button>${icon('good')} ${t('review.save')}</button>`
  return html`<section class="card review" id="review"><h2>${t('review.title')}</h2>${postForm(page, `/studies/${study.id}/review`, body, attribute('data-draft', `review-${study.id}`))}</section>`
}
