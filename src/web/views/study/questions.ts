import type { Question } from '../../../domain/study.js'
import { lateralityOf } from '../../../domain/study.js'
import { choices, field, postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { StudyModel } from './model.js'

/** One choice for each kind of image that a pack in service reads. */
function packChoices(page: PageContext, { packs, answerDraft }: StudyModel): Html {
  const { coded } = page.words
  return choices('packId', page.words.t('question.which-pack'), packs.map((pack) => ({ value: pack.id, label: coded(`pack.${pack.modality}`, pack.id), checked: pack.id === answerDraft?.packId })))
}

function sideChoices(page: PageContext, { study, answerDraft }: StudyModel): Html {
  const { t } = page.words
  const side = answerDraft?.laterality || lateralityOf(study)
  return choices('laterality', t('question.laterality'), [
    { value: 'R', label: t('eye.R'), checked: side === 'R' }, { value: 'L', label: t('eye.L'), checked: side === 'L' }
  ])
}

const ageField = (page: PageContext, { answerDraft }: StudyModel): Html =>
  field({ name: 'ageYears', label: page.words.t('question.age'), value: answerDraft?.ageYears || undefined, type: 'number', minimum: 0, maximum: 120, inputMode: 'numeric' })

function questionInput(page: PageContext, model: StudyModel, question: Question): Html {
  if (question.code === 'which-pack') return packChoices(page, model)
  if (question.code === 'age-unknown') return ageField(page, model)
  if (question.code === 'laterality-conflict') return sideChoices(page, model)
  return html`<p>${question.text}</p>`
}

/** What only a person can say; the image is read (again) with the answer. */
export function questionsPart(page: PageContext, model: StudyModel): Html | undefined {
  const { questions, id, revision } = model.study
  if (questions.length === 0) return undefined
  const { t, coded } = page.words
  const asked = html`<ul class="plain">${questions.map((question) => html`<li>${coded(`question.text.${question.code}`, question.text)}</li>`)}</ul>`
  const answerable = questions.some((question) => question.code !== 'same-uid-other-content')
  const form = answerable && can(page, 'capture') ? postForm(page, `/studies/${id}/answer`,
    html`${revisionField(revision)}${questions.map((question) => questionInput(page, model, question))}<button>${t('question.send')}</button>`, attribute('data-draft', `answer-${id}`)) : undefined
  return html`<section class="card question" id="questions"><h2>${icon('question')} ${t('question.title')}</h2>${asked}${form}</section>`
}

/** Corrects what the appliance took the image for, when it asked nothing. */
export function correctPart(page: PageContext, model: StudyModel): Html | undefined {
  const { study, packs, answerDraft } = model
  if (!can(page, 'capture') || study.questions.length > 0 || !study.reading) return undefined
  const sides = study.modality === 'fundus' ? sideChoices(page, model) : undefined
  const body = html`${revisionField(study.revision)}${packs.length > 1 ? packChoices(page, model) : undefined}${sides}<button class="quiet">${page.words.t('question.again')}</button>`
  return html`<details class="minor"${attribute('open', answerDraft !== undefined)}><summary>${page.words.t('question.correct')}</summary>${postForm(page, `/studies/${study.id}/answer`, body)}</details>`
}
