import type { Laterality } from '../../../domain/image-content.js'
import type { Question, Study } from '../../../domain/study.js'
import { lateralityOf } from '../../../domain/study.js'
import { choices, field, personDraft, postForm, revisionField } from '../form.js'
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

/** Nothing is chosen already where the side is asked for, but what its reader chose before: an answer that stands there is sent unread. */
function sideChoices(page: PageContext, { answerDraft }: StudyModel, { said, required = false }: { said?: Laterality; required?: boolean }): Html {
  const { t } = page.words
  const chosen = answerDraft?.laterality || said
  return choices('laterality', t('question.laterality'), (['R', 'L'] as const).map((side) => ({ value: side, label: t(`eye.${side}`), checked: side === chosen })), required)
}

const ageField = (page: PageContext, { answerDraft }: StudyModel): Html =>
  field({ name: 'ageYears', label: page.words.t('question.age'), value: answerDraft?.ageYears || undefined, type: 'number', minimum: 0, maximum: 120, inputMode: 'numeric', required: true })

function questionInput(page: PageContext, model: StudyModel, question: Question): Html {
  if (question.code === 'which-pack') return packChoices(page, model)
  if (question.code === 'age-unknown') return ageField(page, model)
  if (question.code === 'laterality-conflict') return sideChoices(page, model, { required: true })
  return html`<p>${question.text}</p>`
}

const sentence = ({ words }: PageContext, { code, text }: Question): string => words.coded(`question.text.${code}`, text)

function answerForm(page: PageContext, model: StudyModel, questions: readonly Question[]): Html | undefined {
  const { id, revision } = model.study
  if (!can(page, 'capture') || questions.length === 0) return undefined
  return postForm(page, `/studies/${id}/answer`, html`${revisionField(revision)}${questions.map((question) => questionInput(page, model, question))}<button>${page.words.t('question.send')}</button>`, personDraft('answer', model.study))
}

/** Asked inside the verdict: it means nothing without their answer. */
const isOfVerdict = ({ code }: Question): boolean => code === 'age-unknown' || code === 'laterality-conflict'

/** Questions that have a card of their own. */
export const otherQuestions = ({ questions }: Study): Question[] => questions.filter((question) => !isOfVerdict(question))

/** What the verdict hangs on, with the fields to answer it. */
export function verdictQuestions(page: PageContext, model: StudyModel): Html | undefined {
  const questions = model.study.questions.filter(isOfVerdict)
  if (questions.length === 0) return undefined
  const asked = questions.map((question) => (question.code === 'age-unknown'
    ? html`<p class="what-next">${page.words.t('question.how-old')}</p><p>${sentence(page, question)}</p>` : html`<p class="what-next">${sentence(page, question)}</p>`))
  return html`<div class="asked">${asked}${answerForm(page, model, questions)}</div>`
}

/** What else only a person can say; the image is read (again) with the answer. */
export function questionsPart(page: PageContext, model: StudyModel): Html | undefined {
  const questions = otherQuestions(model.study)
  if (questions.length === 0) return undefined
  const { t } = page.words
  const asked = html`<ul class="plain">${questions.map((question) => html`<li>${sentence(page, question)}</li>`)}</ul>`
  const form = questions.some(({ code }) => code !== 'same-uid-other-content') ? answerForm(page, model, questions) : undefined
  return html`<section class="card question" id="questions"><h2>${icon('question')} ${t('question.title')}</h2>${asked}${form}</section>`
}

/** Corrects what the appliance took the image for, when it asked nothing. Of an image in the archive that is the eye alone: it can not be read again. */
export function correctPart(page: PageContext, model: StudyModel): Html | undefined {
  const { study, packs, answerDraft } = model
  if (!can(page, 'capture') || study.questions.length > 0 || !study.reading) return undefined
  const sides = study.modality === 'fundus' ? sideChoices(page, model, { said: lateralityOf(study) }) : undefined
  if (study.evicted && !sides) return undefined
  const kinds = packs.length > 1 && !study.evicted ? packChoices(page, model) : undefined
  const body = html`${revisionField(study.revision)}${kinds}${sides}<button class="quiet">${page.words.t(study.evicted ? 'patient.save' : 'question.again')}</button>`
  return html`<details class="minor"${attribute('open', answerDraft !== undefined)}><summary>${page.words.t('question.correct')}</summary>${postForm(page, `/studies/${study.id}/answer`, body)}</details>`
}
