import { choices, field, postForm } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { whenText } from './describe.js'

export type RoleName = 'viewer' | 'operator' | 'clinician' | 'admin'
const ROLE_NAMES: readonly RoleName[] = ['operator', 'clinician', 'viewer', 'admin']

export type UserLine = { readonly id: string; readonly name: string; readonly role: RoleName; readonly disabled: boolean; readonly lockedUntil?: string }
export type TokenLine = { readonly id: string; readonly role: RoleName; readonly label: string; readonly createdAt: string; readonly createdBy: string }

export type UsersModel = {
  readonly users: readonly UserLine[]
  readonly tokens: readonly TokenLine[]
  readonly values: Readonly<Record<string, string>>
  readonly error?: string
  /** A token just made: shown once. */
  readonly token?: string
}

const isLocked = (user: UserLine, now: string): boolean => user.lockedUntil !== undefined && user.lockedUntil > now

function act(page: PageContext, user: UserLine, action: 'enable' | 'disable' | 'unlock'): Html {
  return postForm(page, `/users/${user.id}/${action}`, html`<button class="quiet">${page.words.t(`users.${action}`)}</button>`)
}

function pinForm(page: PageContext, user: UserLine): Html {
  const { t } = page.words
  return html`<details class="minor"><summary>${t('users.reset-pin')}</summary>${postForm(page, `/users/${user.id}/pin`, html`<div class="field"><label for="pin-${user.id}">${t('users.new-pin')}</label>
<input id="pin-${user.id}" name="pin" type="password" inputmode="numeric" required maxlength="32" autocomplete="new-password"></div><button>${t('users.reset-pin')}</button>`)}</details>`
}

function userLine(page: PageContext, user: UserLine): Html {
  const { t } = page.words
  const locked = isLocked(user, page.now)
  const state = user.disabled ? html`<span class="status bad">${icon('lock')} ${t('users.disabled')}</span>` : locked ? html`<span class="status bad">${icon('lock')} ${t('users.locked')}</span>` : html`<span class="status good">${icon('good')} ${t('users.active')}</span>`
  return html`<li class="card"><p class="line"><span>${icon('person')} <strong><bdi>${user.name}</bdi></strong> <small>${user.id} · ${t(`role.${user.role}`)}</small></span>${state}</p>
<div class="acts">${locked ? act(page, user, 'unlock') : undefined}${user.id === page.caller?.id ? undefined : act(page, user, user.disabled ? 'enable' : 'disable')}${pinForm(page, user)}</div></li>`
}

const roleChoices = (page: PageContext, name: string, chosen: string): Html =>
  choices(name, page.words.t('users.role'), ROLE_NAMES.map((role) => ({ value: role, label: html`<b>${page.words.t(`role.${role}`)}</b><br><small>${page.words.t(`role.may.${role}`)}</small>`, checked: role === chosen })), true)

function newUser(page: PageContext, model: UsersModel): Html {
  const { t } = page.words
  const fields = html`${field({ name: 'name', label: t('users.name'), value: model.values['name'], required: true, maxLength: 80 })}
${field({ name: 'id', label: t('login.user'), hint: t('users.id-hint'), value: model.values['id'], required: true, maxLength: 32 })}${roleChoices(page, 'role', model.values['role'] ?? 'operator')}
${field({ name: 'pin', label: t('login.pin'), hint: t('users.pin-hint'), type: 'password', inputMode: 'numeric', required: true, maxLength: 32, autocomplete: 'new-password' })}<button>${icon('add')} ${t('users.create')}</button>`
  return html`<section class="card"><h2>${t('users.new')}</h2>${postForm(page, '/users', fields)}</section>`
}

function newToken(page: PageContext, model: UsersModel): Html {
  const { t } = page.words
  const fields = html`${field({ name: 'label', label: t('tokens.label'), hint: t('tokens.label-hint'), value: model.values['label'], required: true, maxLength: 80 })}
${roleChoices(page, 'token-role', model.values['token-role'] ?? 'viewer')}<button>${icon('add')} ${t('tokens.create')}</button>`
  return html`<h3>${t('tokens.new')}</h3>${postForm(page, '/users/tokens', fields)}`
}

const shownOnce = (page: PageContext, token: string): Html =>
  html`<section class="card" role="status"><h2>${icon('good')} ${page.words.t('tokens.made')}</h2><p>${page.words.t('tokens.once')}</p><p><code class="secret">${token}</code></p></section>`

function tokens(page: PageContext, model: UsersModel): Html {
  const { t } = page.words
  const list = html`<ul class="plain">${model.tokens.map((token) => html`<li class="line"><span><strong>${token.label}</strong><br><small>${t(`role.${token.role}`)} · ${whenText(page.words, token.createdAt, page.now)} · ${token.createdBy}</small></span>${postForm(page, `/users/tokens/${token.id}/revoke`, html`<button class="quiet">${t('tokens.revoke')}</button>`)}</li>`)}</ul>`
  return html`<section class="card" id="tokens"><h2>${t('tokens.title')}</h2><p class="hint">${t('tokens.explain')}</p>${list}${newToken(page, model)}<p class="hint">${t('tokens.make')} <code>npx screenpost token create --role viewer</code></p></section>`
}

/** People who may sign in, and tokens for programs. */
export function usersPage(page: PageContext, model: UsersModel): Html {
  const error = model.error ? html`<p class="error" role="alert">${icon('bad')} ${model.error}</p>` : undefined
  const body = html`${error}${model.token ? shownOnce(page, model.token) : undefined}<ol class="plain">${model.users.map((user) => userLine(page, user))}</ol>${newUser(page, model)}${tokens(page, model)}`
  return layout(page, { title: page.words.t('users.title'), body })
}
