import { shownRegions } from '../../../domain/study-additions.js'
import type { Study } from '../../../domain/study.js'
import { personDraft, personField, postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { StudyModel } from './model.js'

/** What people wrote beside the verdict; each note is added, none replaced. */
export function notesPart(page: PageContext, { study }: StudyModel): Html | undefined {
  const { t, date, time } = page.words
  const notes = study.notes ?? []
  const aside = study.saidOfOthers ? html`<p class="hint">${t('review.of-another')}</p>` : undefined
  if (notes.length === 0 && !aside && !can(page, 'capture')) return undefined
  const lines = notes.map(({ at, by, text }) => html`<li><q><bdi>${text}</bdi></q><br><small><bdi>${by}</bdi> · ${date(at)} ${time(at)}</small></li>`)
  const form = can(page, 'capture') ? postForm(page, `/studies/${study.id}/note`, html`${personField(study.patientId)}<div class="field"><label for="f-note-text">${t('review.note')}</label><textarea id="f-note-text" name="text" rows="2" maxlength="500" required></textarea></div><button class="quiet">${t('review.note-save')}</button>`, personDraft('note', study)) : undefined
  return html`<section class="card" id="notes"><h2>${t('review.notes')}</h2>${aside}${lines.length > 0 ? html`<ul class="plain">${lines}</ul>` : undefined}${form}</section>`
}

/** The places that were marked, as the picture numbers them; who may review takes one off. */
export function regionsPart(page: PageContext, { study }: StudyModel): Html | undefined {
  const regions = shownRegions(study)
  if (regions.length === 0) return undefined
  const { t } = page.words
  return html`<section class="card" id="regions"><h2>${t('region.title')}</h2><ul class="plain">${regions.map(({ id, text, by }, index) => html`<li class="line"><span><strong>${t('region.number', { number: index + 1 })}</strong>${text ? html` <bdi>${text}</bdi>` : undefined}<br><small><bdi>${by}</bdi></small></span>${can(page, 'review')
    ? postForm(page, `/studies/${study.id}/region`, html`${revisionField(study.revision)}<input type="hidden" name="withdraw" value="${id}"><button class="quiet">${t('region.withdraw')}</button>`) : undefined}</li>`)}</ul></section>`
}

/** The places over the picture, in the frame that is shown; sits on it exactly as `object-fit: contain` puts it. */
export function regionMarks(study: Study): Html | undefined {
  const { image } = study.reading ?? {}
  const regions = shownRegions(study)
  if (!image || regions.length === 0) return undefined
  const size = Math.max(image.width, image.height) / 28
  const marks = regions.map(({ frame, x, y, width, height }, index) => {
    const [left, top] = [x * image.width, y * image.height]
    return html`<g data-frame="${frame}"><rect class="under" x="${left}" y="${top}" width="${width * image.width}" height="${height * image.height}"></rect><rect class="over" x="${left}" y="${top}" width="${width * image.width}" height="${height * image.height}"></rect><text x="${left + size / 3}" y="${top + size}" font-size="${size}">${index + 1}</text></g>`
  })
  return html`<svg class="regions" viewBox="0 0 ${image.width} ${image.height}" aria-hidden="true">${marks}</svg>`
}

/** Filled by viewer.js when somebody draws; hidden until then. */
export function regionForm(page: PageContext, { study }: StudyModel): Html | undefined {
  if (!can(page, 'review')) return undefined
  const { t } = page.words
  const hidden = ['frame', 'x', 'y', 'width', 'height'].map((name) => html`<input type="hidden" name="${name}" value="0">`)
  return html`<div class="tool-row" data-for="region" hidden><p class="hint">${t('region.hint')}</p>${postForm(page, `/studies/${study.id}/region`, html`${revisionField(study.revision)}${hidden}
<label for="f-region">${t('region.text')}</label> <input id="f-region" name="text" maxlength="200" autocomplete="off"> <button>${t('region.save')}</button>`)}</div>`
}
