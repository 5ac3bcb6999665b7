import type { Patient } from '../../domain/patient.js'
import { patientFacts } from './describe.js'
import { attribute, html } from './html.js'
import type { Html } from './html.js'
import { icon } from './icon.js'
import type { PageContext } from './page.js'
import { scanPart } from './scan.js'

export type SearchOptions = {
  readonly action: string
  readonly value?: string
  /** Set where a person is looked for to attach a study to. */
  readonly study?: { readonly id: string; readonly revision: number }
  /** Id of the record whose second one is looked for. */
  readonly merge?: string
  readonly results?: Html
}

/** Searches by POST while typing, so that no name is ever in an address; without JavaScript the button does. */
export function searchForm(page: PageContext, options: SearchOptions): Html {
  const { t } = page.words
  const study = options.study && html`<input type="hidden" name="study" value="${options.study.id}"><input type="hidden" name="revision" value="${options.study.revision}">`
  const merge = options.merge && html`<input type="hidden" name="merge" value="${options.merge}">`
  return html`<form method="post" action="${options.action}" class="search" role="search" hx-post="${options.action}?fragment=results" hx-trigger="submit, input delay:250ms" hx-target="#found" hx-swap="innerHTML" hx-sync="this:replace">
<input type="hidden" name="_csrf" value="${page.csrf}">${study}${merge}<div class="field"><label for="f-search">${t('search.label')}</label>
<div class="together"><input id="f-search" name="text" type="search" autocomplete="off" maxlength="80" aria-controls="found"${attribute('value', options.value)}><button>${icon('search')} <span>${t('search.button')}</span></button></div>
<p class="hint">${t('search.hint')}</p></div>${scanPart(page, '#f-search')}</form><div id="found" aria-live="polite">${options.results}</div>`
}

/** People as large lines; `wrap` makes each a link or a form. */
export function patientLines(page: PageContext, found: readonly Patient[], wrap: (patient: Patient, body: Html) => Html): Html {
  if (found.length === 0) return html`<p class="hint">${page.words.t('search.none')}</p>`
  return html`<ul class="plain people">${found.map((patient) =>
    html`<li>${wrap(patient, html`<span><strong><bdi>${patient.name}</bdi></strong><br><small><bdi>${patientFacts(page.words, patient, page.now)}</bdi></small></span>`)}</li>`)}</ul>`
}
