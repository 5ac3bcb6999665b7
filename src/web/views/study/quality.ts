import type { Study } from '../../../domain/study.js'
import { lateralityOf } from '../../../domain/study.js'
import type { QualityReason } from '../../../domain/finding.js'
import type { Modality } from '../../../domain/image-content.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { IconName } from '../icon.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { StudyModel } from './model.js'
import { ENOUGH_TRIES } from './model.js'

const GUIDES: Readonly<Record<Modality, IconName>> = { fundus: 'guide-fundus', cxr: 'guide-cxr', ultrasound: 'guide-ultrasound' }

/** How to take it again: for this kind of image, else for any. */
function retakeText(page: PageContext, reason: QualityReason, modality: Modality | undefined): string {
  const { translated } = page.words
  const general = translated(`retake.${reason.code}`, reason.retake ?? '')
  return modality ? translated(`retake.${modality}.${reason.code}`, general) : general
}

function reasonLine(page: PageContext, reason: QualityReason, modality: Modality | undefined): Html {
  const retake = retakeText(page, reason, modality)
  return html`<li><strong>${page.words.translated(`quality.${reason.code}`, reason.text)}</strong>${retake ? html`<br>${retake}` : undefined}</li>`
}

function guide(page: PageContext, modality: Modality): Html {
  const { t } = page.words
  return html`<figure class="guide">${icon(GUIDES[modality])}<figcaption>${t(`guide.${modality}`)}</figcaption></figure>`
}

/** Which eye it is rests on the picture alone: said, because some cameras turn their pictures upside down. */
export function eyeNote(page: PageContext, { lateralityFromDisc, answers }: Study): Html | undefined {
  return lateralityFromDisc && answers.laterality === undefined ? html`<p class="minor">${icon('eye')} ${page.words.t('eye.from-disc')}</p>` : undefined
}

/** The way to another photo of the same person and eye. */
export function retakeLink(page: PageContext, model: StudyModel): Html | undefined {
  if (!can(page, 'capture')) return undefined
  const { study } = model
  const eye = lateralityOf(study)
  const query = new URLSearchParams({ ...(study.patientId ? { patient: study.patientId } : {}), ...(eye ? { eye } : {}) }).toString()
  return html`<p><a class="button${model.failedTries >= ENOUGH_TRIES ? ' quiet' : ''}" href="/capture${query ? `?${query}` : ''}">${icon('camera')} ${page.words.t('quality.retake')}</a></p>`
}

/** Why an image can't be (well) read, how to take it again, and how it should look. Shown only when there is something to say. */
export function qualityPart(page: PageContext, model: StudyModel): Html | undefined {
  const reading = model.study.reading
  if (!reading) return undefined
  const { t } = page.words
  const { gradable } = reading.quality
  const asked = model.study.questions.length > 0
  const reasons = reading.quality.reasons.filter((reason) => !asked || reason.code !== 'no-pack')
  if (asked && reasons.length === 0) return undefined
  if (gradable && reasons.length === 0) return html`<p class="card quality-line">${icon('good')} ${t('quality.good')}</p>`
  const modality = model.study.modality ?? reading.modality
  return html`<section class="card quality"><h2>${icon(gradable ? 'question' : 'none')} ${t(gradable ? 'quality.limited' : 'quality.ungradable')}</h2><ul>${reasons.map((reason) => reasonLine(page, reason, modality))}</ul>
${!gradable && modality ? guide(page, modality) : undefined}
${!gradable && model.failedTries >= ENOUGH_TRIES ? html`<p class="what-next">${t('quality.refer', { count: model.failedTries })}</p>` : undefined}${gradable ? undefined : retakeLink(page, model)}</section>`
}
