import type { Patient } from '../../domain/patient.js'
import type { StudySummary } from '../../domain/study.js'
import { badge, markOf } from './badge.js'
import { patientFacts, whenText } from './describe.js'
import { choices, field, postForm } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { can } from './page.js'
import { patientLines, searchForm } from './patient-search.js'
import { studyRow } from './row.js'

/** People found, each a link to their page. */
export const patientLinks = (page: PageContext, found: readonly Patient[]): Html =>
  patientLines(page, found, (patient, body) => html`<a class="line" href="/patients/${patient.id}">${body}${icon('next', 'turn')}</a>`)

export type PatientsModel = { readonly text: string; readonly found?: readonly Patient[] }

/** Search, and the way to register somebody new. */
export function patientsPage(page: PageContext, model: PatientsModel): Html {
  const results = model.found && patientLinks(page, model.found)
  const add = can(page, 'capture') ? html`<p><a class="button" href="/patients/new">${icon('add')} ${page.words.t('patient.register-new')}</a></p>` : undefined
  return layout(page, { title: page.words.t('patients.title'), body: html`${searchForm(page, { action: '/patients/search', value: model.text, results })}${add}` })
}

export type PatientDraft = {
  readonly values: Readonly<Record<string, string>>
  /** Field name to what is wrong with it; the empty name is the whole form. */
  readonly errors: Readonly<Record<string, string>>
  /** Study to attach the new patient to. */
  readonly studyId?: string
  readonly forCapture?: boolean
  /** People who look like the one being registered. */
  readonly similar?: readonly Patient[]
}

function nameAndNumber(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const { values, errors } = draft
  return html`${field({ name: 'name', label: t('form.name'), hint: t('form.name-hint'), value: values['name'], error: errors['name'], required: true, maxLength: 120 })}
${field({ name: 'identifier', label: t('form.identifier'), hint: t('form.identifier-hint'), value: values['identifier'], error: errors['identifier'], maxLength: 60 })}`
}

function ageAndSex(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const { values, errors } = draft
  return html`${choices('sex', t('form.sex'), (['F', 'M', 'O'] as const).map((value) => ({ value, label: t(`sex.long.${value}`), checked: values['sex'] === value })))}
<div class="pair">${field({ name: 'ageYears', label: t('form.age'), type: 'number', value: values['ageYears'], error: errors['ageYears'], minimum: 0, maximum: 120, inputMode: 'numeric' })}
${field({ name: 'birthDate', label: t('form.birth-date'), type: 'date', value: values['birthDate'], error: errors['birthDate'] })}</div>`
}

/** Uses a person who is registered already, for what the form was opened for: a study, the camera, or just to look. */
function takeThis(page: PageContext, draft: PatientDraft, { patient, body }: { patient: Patient; body: Html }): Html {
  if (draft.studyId) {
    return html`<button class="line" name="patientId" value="${patient.id}" formaction="/studies/${draft.studyId}/attach" formnovalidate>${body}<span class="do">${page.words.t('patient.attach')}</span></button>`
  }
  const href = draft.forCapture ? `/capture?patient=${patient.id}` : `/patients/${patient.id}`
  return html`<a class="line" href="${href}">${body}${icon('next', 'turn')}</a>`
}

function similarPart(page: PageContext, draft: PatientDraft): Html | undefined {
  if (!draft.similar || draft.similar.length === 0) return undefined
  const { t } = page.words
  return html`<div class="card question" role="alert"><h2>${icon('question')} ${t('patient.similar')}</h2>${patientLines(page, draft.similar, (patient, body) => takeThis(page, draft, { patient, body }))}
<label class="check"><input type="checkbox" name="sure" value="yes"> <span>${t('patient.sure')}</span></label></div>`
}

/** Registers a person; a study id brings them back to that study, attached. */
export function newPatientPage(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const { values, errors } = draft
  const whole = errors[''] ? html`<p class="error" role="alert">${errors['']}</p>` : undefined
  const hidden = html`${draft.studyId ? html`<input type="hidden" name="study" value="${draft.studyId}">` : undefined}${draft.forCapture ? html`<input type="hidden" name="then" value="capture">` : undefined}`
  const body = html`${hidden}${whole}${similarPart(page, draft)}${nameAndNumber(page, draft)}${ageAndSex(page, draft)}
<div class="pair">${field({ name: 'village', label: t('form.village'), value: values['village'], maxLength: 80 })}${field({ name: 'phone', label: t('form.phone'), type: 'tel', value: values['phone'], error: errors['phone'], maxLength: 40 })}</div>
<button>${t(draft.studyId ? 'form.register-attach' : 'form.register')}</button>`
  const back = draft.studyId ? `/studies/${draft.studyId}` : '/patients'
  return layout(page, { title: t('patient.new-title'), body: html`<div class="card">${postForm(page, '/patients', body)}</div>`, back })
}

/** Marks from the most to the least urgent: what has no verdict stands before routine. */
const URGENCY = ['immediate', 'urgent', 'soon', 'none', 'question', 'failed', 'pending', 'routine'] as const

export type PatientModel = { readonly patient: Patient; readonly studies: readonly StudySummary[] }

function eye(page: PageContext, side: 'L' | 'R', studies: readonly StudySummary[]): Html {
  const { words } = page
  const latest = studies.find((study) => study.modality === 'fundus' && study.laterality === side)
  const body = latest === undefined ? html`<p class="hint">${words.t('patient.no-eye')}</p>`
    : html`<a href="/studies/${latest.id}"><img src="/api/v1/studies/${latest.id}/image?size=tablet" alt="${words.t(`eye.${side}`)}" width="400" height="400" loading="lazy">${badge(words, markOf(latest))}<span>${whenText(words, latest.receivedAt, page.now)}</span></a>`
  return html`<div class="eye"><h2>${words.t(`eye.${side}`)}</h2>${body}</div>`
}

/** The more urgent of the two eyes as they stand. */
function worstEye(page: PageContext, studies: readonly StudySummary[]): Html | undefined {
  const latest = (['R', 'L'] as const).map((side) => studies.find((study) => study.modality === 'fundus' && study.laterality === side))
  const worst = URGENCY.map((tone) => latest.find((study) => study && markOf(study).tone === tone)).find((study) => study !== undefined)
  return worst && html`<p class="worst">${page.words.t('patient.worst-eye')} ${badge(page.words, markOf(worst))}</p>`
}

/** A person and their images: the right eye on the left as one looks at them, then everything by time. */
export function patientPage(page: PageContext, model: PatientModel): Html {
  const { t } = page.words
  const { patient, studies } = model
  const eyes = studies.some((study) => study.modality === 'fundus' && study.laterality)
    ? html`<div class="eyes" dir="ltr">${eye(page, 'R', studies)}${eye(page, 'L', studies)}</div>${worstEye(page, studies)}` : undefined
  const capture = can(page, 'capture') ? html`<p><a class="button" href="/capture?patient=${patient.id}">${icon('camera')} ${t('patient.capture')}</a></p>` : undefined
  const list = studies.length === 0 ? html`<p class="hint">${t('patient.no-studies')}</p>`
    : html`<ol class="rows">${studies.map((summary) => studyRow(page, { summary, patientName: patient.name }))}</ol>`
  const body = html`<p class="patient"><bdi>${patientFacts(page.words, patient, page.now)}</bdi></p>${capture}${eyes}<h2>${t('patient.studies')}</h2>${list}`
  return layout(page, { title: patient.name, body, back: '/patients', verdicts: true })
}
