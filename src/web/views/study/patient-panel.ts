import type { Patient } from '../../../domain/patient.js'
import { badge } from '../badge.js'
import { kindOfImage, patientFacts, whenText } from '../describe.js'
import { saidOfLine } from '../eye-line.js'
import { postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import { patientLines, searchForm } from '../patient-search.js'
import type { StudyModel } from './model.js'

/** What the image itself claims; help to find the person, never taken over unasked. */
function claimed(page: PageContext, model: StudyModel): Html | undefined {
  const dicom = model.study.dicom
  if (!dicom?.patientName && !dicom?.patientId) return undefined
  const name = dicom.patientName?.replaceAll('^', ' ').trim()
  return html`<p class="hint">${page.words.t('patient.claimed')} <strong><bdi>${[name, dicom.patientId].filter(Boolean).join(' · ')}</bdi></strong></p>`
}

function otherImages(page: PageContext, { others, eyesOf }: StudyModel): Html | undefined {
  if (others.length === 0) return undefined
  const { words } = page
  return html`<h3>${words.t('patient.others')}</h3><ul class="plain">${others.slice(0, 6).map((other) =>
    html`<li><a class="line" href="/studies/${other.id}"><span>${kindOfImage(words, other.modality, other.laterality)}<br><small>${whenText(words, other.receivedAt, page.now)}</small></span>${badge(words, saidOfLine(words, other, eyesOf?.(other)).mark)}</a></li>`)}</ul>`
}

function detachForm(page: PageContext, model: StudyModel): Html | undefined {
  if (!can(page, 'capture')) return undefined
  const body = html`${revisionField(model.study.revision)}<input type="hidden" name="patientId" value=""><p>${page.words.t('patient.detach-explain')}</p><button class="quiet">${page.words.t('patient.detach')}</button>`
  return html`<details class="minor"><summary>${page.words.t('patient.wrong')}</summary>${postForm(page, `/studies/${model.study.id}/attach`, body, attribute('id', 'wrong-patient'))}</details>`
}

function attached(page: PageContext, model: StudyModel, patient: Patient): Html {
  return html`<p class="patient"><a href="/patients/${patient.id}">${icon('person')} <strong><bdi>${patient.name}</bdi></strong></a><br><bdi>${patientFacts(page.words, patient, page.now)}</bdi></p>
${otherImages(page, model)}${detachForm(page, model)}`
}

/** Buttons that attach the study to one of the people found; a plain form each. */
export function attachResults(page: PageContext, target: { studyId: string; revision: number }, found: readonly Patient[]): Html {
  return patientLines(page, found, (patient, body) =>
    postForm(page, `/studies/${target.studyId}/attach`, html`${revisionField(target.revision)}<input type="hidden" name="patientId" value="${patient.id}"><button class="line">${body}<span class="do">${page.words.t('patient.attach')}</span></button>`))
}

/** Whose image it is: the person, or the way to find or register them. */
export function patientPart(page: PageContext, model: StudyModel): Html {
  const { study } = model
  const { t } = page.words
  if (model.patient) return html`<section class="card" id="patient"><h2>${t('patient.title')}</h2>${attached(page, model, model.patient)}</section>`
  if (!can(page, 'capture')) return html`<section class="card" id="patient"><h2>${t('row.whose')}</h2>${claimed(page, model)}<p>${t('patient.not-attached')}</p></section>`
  return html`<section class="card" id="patient"><h2>${t('row.whose')}</h2>${claimed(page, model)}
${searchForm(page, { action: '/patients/search', study: { id: study.id, revision: study.revision } })}
<p><a class="button quiet" href="/patients/new?study=${study.id}">${icon('add')} ${t('patient.register-new')}</a></p></section>`
}
