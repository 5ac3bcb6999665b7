import type { ImportSession, ListedFile, MediumView } from '../../../domain/import-session.js'
import type { MessageKey } from '../../../i18n/catalogues.js'
import { problemText, sizeText, whenText } from '../describe.js'
import { postForm } from '../form.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'

export type ImportModel = {
  readonly deviceId: string
  readonly session?: ImportSession
  /** The first files of each medium. */
  readonly files: ReadonlyMap<string, readonly ListedFile[]>
  /** Whose visit holds the device now. */
  readonly holder?: { readonly visitId: string; readonly name: string }
}

function fileTile(page: PageContext, model: ImportModel, { medium, file }: { medium: string; file: ListedFile }): Html {
  const { words } = page
  const eye = file.laterality ? html`<strong>${words.t(`eye.${file.laterality}`)}</strong>` : undefined
  return html`<li><label><img src="/devices/${model.deviceId}/media/${medium}/${file.key}" alt="" width="160" height="160" loading="lazy"><span class="check"><input type="checkbox" name="wanted" value="${file.key}"${attribute('disabled', file.taken)}> ${file.name}</span>
${eye}<small>${whenText(words, file.modifiedAt, page.now)} · ${sizeText(words, file.bytes)}${file.taken ? ` · ${words.t('import.taken')}` : undefined}</small></label></li>`
}

function importForm(page: PageContext, model: ImportModel, medium: MediumView): Html | undefined {
  const files = model.files.get(medium.id) ?? []
  if (files.length === 0 || (medium.phase !== 'ready' && medium.phase !== 'done')) return undefined
  const { t } = page.words
  const forVisit = model.holder ? html`<button class="large" name="forVisit" value="true">${t('import.for', { name: model.holder.name })}</button>` : undefined
  const body = html`<input type="hidden" name="medium" value="${medium.id}"><input type="hidden" name="visit" value="${model.holder?.visitId ?? ''}"><ul class="pictures">${files.map((file) => fileTile(page, model, { medium: medium.id, file }))}</ul>
<div class="commands">${forVisit}<button class="quiet">${t('import.nobody')}</button></div>`
  return postForm(page, `/devices/${model.deviceId}/import`, body)
}

/** How far one stick or card is. */
function mediumState(page: PageContext, medium: MediumView): Html {
  const { t } = page.words
  const { pictures, taken = 0, import: work } = medium
  const counts = pictures === undefined ? undefined : html`<p>${t('import.count', { pictures, taken })}</p>`
  const progress = work?.wanted === undefined ? undefined : html`<p>${t('import.progress', { done: work.done, wanted: work.wanted })}</p>`
  const failed = work && work.failed.length > 0 ? html`<ul class="error">${work.failed.map(({ name, problem }) => html`<li><bdi>${name}</bdi>: ${problemText(page.words, problem)}</li>`)}</ul>` : undefined
  const trouble = medium.problem && html`<p class="error">${problemText(page.words, medium.problem)}</p>`
  return html`<p><strong>${icon(medium.phase === 'done' ? 'good' : 'device')} ${t(`import.phase.${medium.phase}` as MessageKey)}</strong></p>${counts}${progress}${failed}${trouble}`
}

/** Kept fresh while an import runs; the list below it stands still under a finger. */
export function mediaPart(page: PageContext, model: ImportModel): Html {
  const media = model.session?.media ?? []
  const states = media.map((medium) => html`<section class="card">${mediumState(page, medium)}</section>`)
  return html`<div id="media" data-live="devices" data-url="/devices/${model.deviceId}?fragment=media">${media.length === 0 ? html`<p class="card">${page.words.t('import.none')}</p>` : states}</div>`
}

/** Sticks, cards and cameras that are plugged in, and what is on them. */
export function importPage(page: PageContext, model: ImportModel): Html {
  const forms = (model.session?.media ?? []).map((medium) => importForm(page, model, medium))
  return layout(page, { title: page.words.t('device.import'), body: html`${mediaPart(page, model)}${forms}`, back: model.holder ? `/visits/${model.holder.visitId}` : '/visits' })
}
