import type { Patient } from '../../domain/patient.js'
import { ageYearsOn, pregnancyOn } from '../../domain/patient.js'
import { choices, field, postForm, revisionField } from './form.js'
import type { Html } from './html.js'
import { attribute, html } from './html.js'
import { patientFacts } from './describe.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { can } from './page.js'
import { patientLines, searchForm } from './patient-search.js'
import { scanPart } from './scan.js'

/** People found, each a link to their page. */
export const patientLinks = (page: PageContext, found: readonly Patient[]): Html =>
  patientLines(page, found, (patient, body) => html`<a class="line" href="/patients/${patient.id}">${body}${icon('next', 'turn')}</a>`)

export type PatientsModel = { readonly text: string; readonly found?: readonly Patient[] }

/** Search, and the way to register somebody new. */
export function patientsPage(page: PageContext, model: PatientsModel): Html {
  const results = model.found && patientLinks(page, model.found)
  const add = can(page, 'capture') ? html`<p><a class="button" href="/patients/new">${icon('add')} ${page.words.t('patient.register-new')}</a></p>` : undefined
  return layout(page, { title: page.words.t('patients.title'), body: html`${searchForm(page, { action: '/patients/search', value: model.text, results })}${add}`, scripts: ['scan.js'] })
}

export type PatientDraft = {
  readonly values: Readonly<Record<string, string>>
  /** Field name to what is wrong with it; the empty name is the whole form. */
  readonly errors: Readonly<Record<string, string>>
  /** Study to attach the new patient to. */
  readonly studyId?: string
  readonly forCapture?: boolean
  /** A visit is opened for the person. */
  readonly forVisit?: boolean
  /** People who look like the one being registered. */
  readonly similar?: readonly Patient[]
  /** The record being corrected, as it stands now. */
  readonly record?: Patient
}

/** What the form shows of a record: the age of now and what of a pregnancy still holds, which saved unchanged keep the day they were said. */
export function valuesOf(patient: Patient, now: string): Readonly<Record<string, string>> {
  const { name, identifier = '', sex = '', birthDate = '', village = '', phone = '' } = patient
  return { name, identifier, sex, birthDate, ageYears: birthDate ? '' : String(ageYearsOn(patient, now) ?? ''), village, phone, pregnancy: pregnancyOn(patient, now) ?? '' }
}

function nameAndNumber(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const { values, errors } = draft
  return html`${field({ name: 'name', label: t('form.name'), hint: t('form.name-hint'), value: values['name'], error: errors['name'], required: true, maxLength: 120 })}
${field({ name: 'identifier', label: t('form.identifier'), hint: t('form.identifier-hint'), value: values['identifier'], error: errors['identifier'], maxLength: 60 })}${scanPart(page, '#f-identifier')}`
}

function ageAndSex(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const { values, errors } = draft
  return html`${choices('sex', t('form.sex'), (['F', 'M', 'O'] as const).map((value) => ({ value, label: t(`sex.long.${value}`), checked: values['sex'] === value })))}
<div class="pair">${field({ name: 'ageYears', label: t('form.age'), type: 'number', value: values['ageYears'], error: errors['ageYears'], minimum: 0, maximum: 130, inputMode: 'numeric' })}
${field({ name: 'birthDate', label: t('form.birth-date'), type: 'date', value: values['birthDate'], error: errors['birthDate'] })}</div>
<div class="only-women">${choices('pregnancy', t('form.pregnancy'), (['yes', 'no', 'unknown'] as const).map((value) => ({ value, label: t(`option.${value}`), checked: values['pregnancy'] === value })))}</div>`
}

/** Uses a person who is registered already, for what the form was opened for: a study, the camera, or just to look. */
function takeThis(page: PageContext, draft: PatientDraft, { patient, body }: { patient: Patient; body: Html }): Html {
  if (draft.studyId) {
    return html`<button class="line" name="patientId" value="${patient.id}" formaction="/studies/${draft.studyId}/attach" formnovalidate>${body}<span class="do">${page.words.t('patient.attach')}</span></button>`
  }
  if (draft.forVisit) return html`<button class="line" name="patientId" value="${patient.id}" formaction="/visits" formnovalidate>${body}<span class="do">${page.words.t('visits.open')}</span></button>`
  const href = draft.forCapture ? `/capture?patient=${patient.id}` : `/patients/${patient.id}`
  return html`<a class="line" href="${href}">${body}${icon('next', 'turn')}</a>`
}

function similarPart(page: PageContext, draft: PatientDraft): Html | undefined {
  if (!draft.similar || draft.similar.length === 0) return undefined
  const { t } = page.words
  return html`<div class="card question" role="alert"><h2>${icon('question')} ${t('patient.similar')}</h2>${patientLines(page, draft.similar, (patient, body) => takeThis(page, draft, { patient, body }))}
<label class="check"><input type="checkbox" name="sure" value="yes"> <span>${t('patient.sure')}</span></label></div>`
}

/** Kept over a reload, for going back and over a session that ended, never for the next person. */
const DRAFT = html`${attribute('data-draft', 'patient-new')}${attribute('data-draft-once', true)}`

function fields(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const { values, errors } = draft
  const whole = errors[''] ? html`<p class="error" role="alert">${errors['']}</p>` : undefined
  return html`${whole}${similarPart(page, draft)}${nameAndNumber(page, draft)}${ageAndSex(page, draft)}
<div class="pair">${field({ name: 'village', label: t('form.village'), value: values['village'], error: errors['village'], maxLength: 80 })}${field({ name: 'phone', label: t('form.phone'), type: 'tel', value: values['phone'], error: errors['phone'], maxLength: 40 })}</div>`
}

/** Registers a person; a study id brings them back to that study, attached. */
export function newPatientPage(page: PageContext, draft: PatientDraft): Html {
  const { t } = page.words
  const hidden = html`${draft.studyId ? html`<input type="hidden" name="study" value="${draft.studyId}">` : undefined}${draft.forCapture ? html`<input type="hidden" name="then" value="capture">` : undefined}${draft.forVisit ? html`<input type="hidden" name="then" value="visit">` : undefined}`
  const body = html`${hidden}${fields(page, draft)}<button>${t(draft.studyId ? 'form.register-attach' : 'form.register')}</button>`
  const back = draft.studyId ? `/studies/${draft.studyId}` : draft.forVisit ? '/visits' : '/patients'
  return layout(page, { title: t('patient.new-title'), body: html`<div class="card">${postForm(page, '/patients', body, DRAFT)}</div>`, scripts: ['scan.js'], back })
}

/** Corrects a record. After somebody else changed it meanwhile, both what was typed and the record as it is now are shown. */
export function editPatientPage(page: PageContext, draft: PatientDraft & { readonly record: Patient; readonly conflict?: boolean }): Html {
  const { t } = page.words
  const { record } = draft
  const now = draft.conflict ? html`<div class="card question" role="alert"><p>${t('patient.now')}</p><p class="patient"><strong><bdi>${record.name}</bdi></strong><br><bdi>${patientFacts(page.words, record, page.now)}</bdi></p></div>` : undefined
  const body = html`${now}<div class="card">${postForm(page, `/patients/${record.id}`, html`${revisionField(record.revision)}${fields(page, draft)}<button>${t('patient.save')}</button>`, attribute('data-draft', `patient-${record.id}-${record.revision}`))}</div>`
  return layout(page, { title: t('patient.edit'), body, scripts: ['scan.js'], back: `/patients/${record.id}` })
}
