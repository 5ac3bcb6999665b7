import { languages } from '../../i18n/catalogues.js'
import type { Html } from './html.js'
import { attribute, html } from './html.js'
import type { PageContext } from './page.js'

/** Chooses the language of the pages; each is called as its speakers call it. */
export function languageForm(page: PageContext): Html {
  const { t, locale } = page.words
  const options = languages.map((language) => html`<option value="${language.locale}" lang="${language.locale}"${attribute('selected', language.locale === locale)}>${language.name}</option>`)
  return html`<form class="language" method="post" action="/language"><input type="hidden" name="_csrf" value="${page.csrf}"><input type="hidden" name="next" value="${page.here ?? '/'}">
<label for="f-language">${t('language.label')}</label><select id="f-language" name="language">${options}</select><button class="quiet">${t('language.choose')}</button></form>`
}
