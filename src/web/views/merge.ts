import type { Patient } from '../../domain/patient.js'
import { patientFacts } from './describe.js'
import { postForm, revisionField } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { patientLines, searchForm } from './patient-search.js'

/** People who may be the same one, each a link to the comparison. */
export const mergeLinks = (page: PageContext, keep: string, found: readonly Patient[]): Html =>
  patientLines(page, found.filter(({ id }) => id !== keep), (patient, body) => html`<a class="line" href="/patients/${keep}/merge?with=${patient.id}">${body}<span class="do">${page.words.t('merge.choose')}</span></a>`)

/** Looks for the other record of a person; those alike come first. */
export function mergeSearchPage(page: PageContext, keep: Patient, found: readonly Patient[]): Html {
  const { t } = page.words
  const body = html`<div class="card"><p class="patient">${icon('person')} <strong><bdi>${keep.name}</bdi></strong><br><bdi>${patientFacts(page.words, keep, page.now)}</bdi></p><p>${t('merge.explain')}</p></div>
${searchForm(page, { action: '/patients/search', merge: keep.id, ...(found.length > 0 ? { results: mergeLinks(page, keep.id, found) } : {}) })}`
  return layout(page, { title: t('merge.link'), body, back: `/patients/${keep.id}` })
}

export type Comparison = { readonly keep: Patient; readonly duplicate: Patient; readonly images: { readonly keep: number; readonly duplicate: number }; readonly error?: string }

function side(page: PageContext, label: string, { patient, images }: { patient: Patient; images: number }): Html {
  const { t, date } = page.words
  return html`<div class="card"><h2>${label}</h2><p class="patient"><strong><bdi>${patient.name}</bdi></strong><br><bdi>${patientFacts(page.words, patient, page.now)}</bdi></p><p class="hint">${t('merge.images', { count: images })} · ${date(patient.registeredAt)}</p></div>`
}

/** Both records beside each other before anything is done. */
export function mergePage(page: PageContext, { keep, duplicate, images, error }: Comparison): Html {
  const { t } = page.words
  const body = html`${error ? html`<p class="error" role="alert">${error}</p>` : undefined}<div class="pair">${side(page, t('merge.keep'), { patient: keep, images: images.keep })}${side(page, t('merge.gives'), { patient: duplicate, images: images.duplicate })}</div>
${postForm(page, `/patients/${keep.id}/merge`, html`${revisionField(duplicate.revision)}<input type="hidden" name="duplicate" value="${duplicate.id}"><p><button>${t('merge.do')}</button> <a class="button quiet" href="/patients/${keep.id}">${t('merge.no')}</a></p>`)}`
  return layout(page, { title: t('merge.compare'), body, back: `/patients/${keep.id}/merge` })
}
