import type { MessageKey } from '../../i18n/catalogues.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

/** `url` is absent while the secure port is not open. */
export type SecureLine = { readonly trustUrl: string; readonly fingerprint: string; readonly url?: string }

export type TrustModel = { readonly siteName: string; readonly version: string; readonly secure?: SecureLine }

const STEPS = {
  android: ['trust.android-1', 'trust.android-2', 'trust.android-3'], ios: ['trust.ios-1', 'trust.ios-2', 'trust.ios-3']
} as const satisfies Record<string, readonly MessageKey[]>

function securePart(page: PageContext, secure: SecureLine): Html {
  const { t } = page.words
  const steps = (['android', 'ios'] as const).map((system) => html`<h3>${t(`trust.${system}`)}</h3><ol>${STEPS[system].map((step) => html`<li>${t(step)}</li>`)}</ol>`)
  const open = secure.url ? html`<p><a class="button" href="${secure.url}">${icon('lock')} ${t('trust.open')}</a></p>` : html`<p class="error">${icon('bad')} ${t('trust.no-https')}</p>`
  return html`<section class="card" id="secure"><h2>${icon('lock')} ${t('trust.secure')}</h2><p>${t('trust.secure-text')}</p>
<p>${t('trust.scan', { url: secure.trustUrl })}</p><p><img class="qr" src="/trust/qr.svg" width="200" height="200" alt="${t('trust.qr')}"></p>
<p><a class="button quiet" href="/trust/ca.crt" download>${t('trust.download')}</a></p>${steps}
${open}<p class="hint">${t('trust.limited')}</p><p class="hint">${t('trust.fingerprint')}<br><code>${secure.fingerprint}</code></p></section>`
}

/** Public: what this box is, what it keeps, what it is not, and how a tablet comes to trust it. */
export function trustPage(page: PageContext, model: TrustModel): Html {
  const { t } = page.words
  const parts = (['what', 'stores', 'limits', 'connection'] as const).map((part) => html`<section class="card"><h2>${t(`trust.${part}`)}</h2><p>${t(`trust.${part}-text`)}</p></section>`)
  const body = html`<div class="narrow"><p>${t('trust.site', { site: model.siteName, version: model.version })}</p>${model.secure ? securePart(page, model.secure) : undefined}${parts}<p><a class="button" href="${page.caller ? '/' : '/login'}">${t(page.caller ? 'nav.list' : 'login.button')}</a></p></div>`
  return layout(page, { title: t('trust.title'), body, verdicts: true })
}
