import type { Question, Study } from '../../../domain/study.js'
import { lateralityOf } from '../../../domain/study.js'
import { choices, field, postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { PackChoice, StudyModel } from './model.js'

/** One choice for each kind of image that a pack in service reads. */
function packChoices(page: PageContext, packs: readonly PackChoice[]): Html {
  const { coded } = page.words
  return choices('packId', page.words.t('question.which-pack'), packs.map((pack) => ({ value: pack.id, label: coded(`pack.${pack.modality}`, pack.id) })))
}

function sideChoices(page: PageContext, study: Study): Html {
  const { t } = page.words
  return choices('laterality', t('question.laterality'), [
    { value: 'R', label: t('eye.R'), checked: lateralityOf(study) === 'R' }, { value: 'L', label: t('eye.L'), checked: lateralityOf(study) === 'L' }
  ])
}

const ageField = (page: PageContext): Html =>
  field({ name: 'ageYears', label: page.words.t('question.age'), type: 'number', minimum: 0, maximum: 120, inputMode: 'numeric' })

function questionInput(page: PageContext, model: StudyModel, question: Question): Html {
  if (question.code === 'which-pack') return packChoices(page, model.packs)
  if (question.code === 'age-unknown') return ageField(page)
  if (question.code === 'laterality-conflict') return sideChoices(page, model.study)
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
    html`${revisionField(revision)}${questions.map((question) => questionInput(page, model, question))}<button>${t('question.send')}</button>`) : undefined
  return html`<section class="card question" id="questions"><h2>${icon('question')} ${t('question.title')}</h2>${asked}${form}</section>`
}

/** Corrects what the appliance took the image for, when it asked nothing. */
export function correctPart(page: PageContext, model: StudyModel): Html | undefined {
  const { study, packs } = model
  if (!can(page, 'capture') || study.questions.length > 0 || !study.reading) return undefined
  const sides = study.modality === 'fundus' ? sideChoices(page, study) : undefined
  const body = html`${revisionField(study.revision)}${packs.length > 1 ? packChoices(page, packs) : undefined}${sides}<button class="quiet">${page.words.t('question.again')}</button>`
  return html`<details class="minor"><summary>${page.words.t('question.correct')}</summary>${postForm(page, `/studies/${study.id}/answer`, body)}</details>`
}
