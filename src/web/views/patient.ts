import type { Patient } from '../../domain/patient.js'
import type { StudySummary } from '../../domain/study.js'
import type { EyesVerdict } from '../../programmes/eyes.js'
import { patientFacts } from './describe.js'
import { eyesCard, eyesSideBySide } from './eyes.js'
import { postForm } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { can } from './page.js'
import type { StudyRow } from './row.js'
import { studyRow } from './row.js'

export type PatientModel = {
  readonly patient: Patient
  readonly rows: readonly StudyRow[]
  /** Absent where no eye was photographed. */
  readonly eyes?: EyesVerdict
  /** Photos of eyes, also those that are too old for a row. */
  readonly photos?: readonly StudySummary[]
  /** Records that were merged into this one. */
  readonly also?: readonly Patient[]
}

function eyesPart(page: PageContext, { patient, rows, eyes, photos = [] }: PatientModel): Html | undefined {
  return eyes && html`${eyesCard(page, patient, eyes)}${eyesSideBySide(page, { patient, eyes, studies: [...rows.map(({ summary }) => summary), ...photos] })}`
}

/** Every change of the record, newest first. */
function history(page: PageContext, patient: Patient): Html | undefined {
  if (!patient.history || patient.history.length === 0) return undefined
  const { t, coded, date, time } = page.words
  const lines = patient.history.toReversed().map(({ at, by, event }) => html`<li><time datetime="${at}">${date(at)} ${time(at)}</time> ${coded(`patient.event.${event}`, event)} · <bdi>${by}</bdi></li>`)
  return html`<details class="minor"><summary>${t('study.history')}</summary><ol class="plain history">${lines}</ol></details>`
}

/** The other names of this person, and the way to take them apart. */
function alsoKnown(page: PageContext, also: readonly Patient[]): Html | undefined {
  if (also.length === 0) return undefined
  const { t } = page.words
  const undo = ({ id }: Patient): Html | undefined => (can(page, 'review') ? postForm(page, `/patients/${id}/unmerge`, html`<button class="quiet">${t('merge.undo')}</button>`) : undefined)
  return html`<section class="card"><h2>${t('merge.also')}</h2><ul class="plain">${also.map((one) => html`<li class="line"><span><strong><bdi>${one.name}</bdi></strong><br><small><bdi>${patientFacts(page.words, one, page.now)}</bdi></small></span>${undo(one)}</li>`)}</ul></section>`
}

function acts(page: PageContext, { patient }: PatientModel): Html | undefined {
  if (!can(page, 'capture')) return undefined
  const { t } = page.words
  return html`<p><a class="button quiet" href="/patients/${patient.id}/edit">${icon('person')} ${t('patient.edit')}</a>${can(page, 'review') ? html` <a class="button quiet" href="/patients/${patient.id}/merge">${icon('people')} ${t('merge.link')}</a>` : undefined}</p>`
}

/** A person: who it is, both eyes and what to do next, then every image by time. */
export function patientPage(page: PageContext, model: PatientModel): Html {
  const { t } = page.words
  const { patient, rows } = model
  const capture = can(page, 'capture') ? html`<div class="commands"><a class="button" href="/capture?patient=${patient.id}">${icon('camera')} ${t('patient.capture')}</a>${postForm(page, '/visits', html`<input type="hidden" name="patientId" value="${patient.id}"><button>${icon('person')} ${t('visits.open')}</button>`)}</div>` : undefined
  const list = rows.length === 0 ? html`<p class="hint">${t('patient.no-studies')}</p>`
    : html`<ol class="rows">${rows.map((row) => studyRow(page, row))}</ol>`
  const body = html`<p class="patient"><bdi>${patientFacts(page.words, patient, page.now)}</bdi></p>${capture}${eyesPart(page, model)}<h2>${t('patient.studies')}</h2>${list}
${alsoKnown(page, model.also ?? [])}${acts(page, model)}${history(page, patient)}`
  return layout(page, { title: patient.name, body, back: '/patients', verdicts: true })
}

/** A record that gave its images to another one. */
export function mergedPatientPage(page: PageContext, record: Patient): Html {
  const { t, date } = page.words
  const { merged } = record
  if (!merged) return html``
  const undo = can(page, 'review') ? postForm(page, `/patients/${record.id}/unmerge`, html`<button class="quiet">${t('merge.undo')}</button>`) : undefined
  const body = html`<div class="card"><p>${t('merge.into', { by: merged.by, day: date(merged.at) })}</p><p><a class="button" href="/patients/${merged.into}">${t('merge.open')}</a></p>${undo}</div>${history(page, record)}`
  return layout(page, { title: record.name, body, back: '/patients' })
}
