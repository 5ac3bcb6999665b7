import { field, postForm } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

export type LoginModel = { readonly user?: string; readonly error?: string; readonly next?: string; /** The session of this browser ended by itself. */ readonly ended?: boolean; readonly setupNeeded?: boolean }

const pinField = (name: string, label: string, more: { readonly hint?: string; readonly error?: string } = {}): Html =>
  field({ name, label, ...more, type: 'password', inputMode: 'numeric', required: true, maxLength: 32, autocomplete: name === 'pin' ? 'current-password' : 'off' })

const errorLine = (error: string | undefined): Html | undefined => (error ? html`<p class="error" role="alert">${icon('bad')} ${error}</p>` : undefined)

/** drafts.js says whether something typed was kept. */
const endedNote = ({ words: { t } }: PageContext): Html =>
  html`<div class="banner bad" role="status">${icon('key')}<span>${t('login.ended')} <span id="kept" hidden>${t('login.kept')}</span></span></div>`

/** User name and PIN; who works here is nobody's business before that. */
export function loginPage(page: PageContext, model: LoginModel): Html {
  const { t } = page.words
  const fields = html`${errorLine(model.error)}${model.next ? html`<input type="hidden" name="next" value="${model.next}">` : undefined}
${field({ name: 'user', label: t('login.user'), value: model.user, required: true, maxLength: 32, autocomplete: 'username' })}${pinField('pin', t('login.pin'))}
<button>${icon('key')} ${t('login.button')}</button>`
  const setup = model.setupNeeded ? html`<p><a class="button quiet" href="/setup">${t('login.setup')}</a></p>` : undefined
  const body = html`<div class="narrow">${model.ended ? endedNote(page) : undefined}<div class="card">${postForm(page, '/login', fields)}</div>${setup}<p class="hint">${t('login.forgot')}</p><p><a href="/trust">${t('login.trust')}</a></p></div>`
  return layout(page, { title: t('login.title'), body, scripts: ['drafts.js'] })
}

export type SetupModel = { readonly values: Readonly<Record<string, string>>; /** `field`: the name of the input that is wrong, when it is one. */ readonly error?: { readonly text: string; readonly field?: string }; readonly done?: boolean }

const errorAt = ({ error }: SetupModel, name: string): string | undefined => (error?.field === name ? error.text : undefined)

/** Whose input is wrong stands before the sentence: both people have the same ones. */
function setupError({ words: { t } }: PageContext, { error }: SetupModel): Html | undefined {
  if (!error) return undefined
  const whose = /^(admin|nurse)-/.exec(error.field ?? '')?.[1] as 'admin' | 'nurse' | undefined
  return errorLine(`${whose ? `${t(`setup.${whose}`)}: ` : ''}${error.text} ${t('setup.pins-again')}`)
}

function person(page: PageContext, prefix: 'admin' | 'nurse', model: SetupModel): Html {
  const { t } = page.words
  const needed = prefix === 'admin'
  const at = (name: string): { name: string; value?: string; error?: string; required: boolean } =>
    ({ name: `${prefix}-${name}`, value: model.values[`${prefix}-${name}`], error: errorAt(model, `${prefix}-${name}`), required: needed })
  return html`<h2>${t(`setup.${prefix}`)}</h2><p class="hint">${t(`setup.${prefix}-hint`)}</p>
${field({ ...at('name'), label: t('users.name'), maxLength: 80 })}
${field({ ...at('id'), label: t('login.user'), hint: t('users.id-hint'), maxLength: 32 })}
${field({ ...at('pin'), label: t('login.pin'), hint: t('users.pin-hint'), type: 'password', inputMode: 'numeric', maxLength: 32, autocomplete: 'new-password' })}`
}

/** The first login: the PIN printed on the terminal opens it once, and the first people get their own. */
export function setupPage(page: PageContext, model: SetupModel): Html {
  const { t } = page.words
  if (model.done) return layout(page, { title: t('setup.title'), body: html`<div class="narrow card"><p>${t('setup.already')}</p><p><a class="button" href="/login">${t('login.button')}</a></p></div>` })
  const fields = html`${setupError(page, model)}${pinField('firstLoginPin', t('setup.pin'), { hint: t('setup.pin-hint'), error: errorAt(model, 'firstLoginPin') })}${person(page, 'admin', model)}${person(page, 'nurse', model)}
<button>${t('setup.button')}</button>`
  return layout(page, { title: t('setup.title'), form: true, body: html`<div class="narrow"><div class="card">${postForm(page, '/setup', fields)}</div></div>` })
}
