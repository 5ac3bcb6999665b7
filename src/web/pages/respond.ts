import { capabilitiesOf } from '../../access/roles.js'
import type { MessageKey } from '../../i18n/catalogues.js'
import { isMessageKey } from '../../i18n/catalogues.js'
import { wordsFor } from '../../i18n/words.js'
import type { WebDependencies } from '../dependencies.js'
import { localeOf } from '../language-cookie.js'
import type { RouteRequest } from '../route.js'
import type { Html } from '../views/html.js'
import { messagePage } from '../views/message.js'
import type { Flash, PageContext } from '../views/page.js'

/** What may stand in `?done=`: a redirect says so what happened, never free text. `again` has no sentence: the study itself says that it is being read, and stops when it is. */
const DONE: Readonly<Record<string, MessageKey>> = {
  saved: 'study.saved', registered: 'patients.registered', user: 'users.done', whose: 'whose.done', clock: 'clock.accepted', box: 'box.done', hurried: 'uplink.hurried', resent: 'uplink.resent', merged: 'merge.done', unmerged: 'merge.undone'
}

/** What the views need to know of this request. `flash` wins over the one that a redirect brought along. */
export function pageContext(deps: Pick<WebDependencies, 'clock' | 'notices' | 'programmes'>, request: RouteRequest, flash?: Flash): PageContext {
  const words = wordsFor(localeOf(request.ctx, request.caller?.language))
  const key = DONE[request.query.get('done') ?? '']
  const shown = flash ?? (key && isMessageKey(key) ? { kind: 'good' as const, text: words.t(key) } : undefined)
  return {
    words, csrf: request.csrf, path: request.ctx.path, here: request.ctx.method === 'GET' ? request.ctx.path : '/', now: deps.clock.now().toISOString(),
    can: request.caller ? capabilitiesOf(request.caller.role) : [], ...(request.caller ? { caller: request.caller } : {}), ...(shown ? { flash: shown } : {}), ...(deps.programmes ? { programmes: deps.programmes } : {}), ...(deps.notices ? { notices: deps.notices().filter(({ code }) => request.caller !== undefined || code === 'demo') } : {})
  }
}

/** Sends markup; pages hold patient data, so nothing on the way may keep them. */
export function sendHtml(request: RouteRequest, markup: Html, status = 200): void {
  const { ctx } = request
  ctx.status = status
  ctx.type = 'text/html; charset=utf-8'
  ctx.set('Cache-Control', 'no-store')
  ctx.body = markup.markup
}

/** To another page after a form: 303, so that going back or reloading never repeats the form. */
export function seeOther(request: RouteRequest, url: string): void {
  request.ctx.redirect(url)
  request.ctx.status = 303
}

export function sendNotFound(page: PageContext, request: RouteRequest): void {
  const { t } = page.words
  sendHtml(request, messagePage(page, { title: t('error.not-found'), text: t('error.not-found-text'), href: '/', action: t('error.to-list') }), 404)
}

/** True when only a part of the page is asked for. */
export const wantsFragment = (request: RouteRequest, name: string): boolean => request.query.get('fragment') === name

/** A text field of the form, trimmed; empty when it is absent or no text. */
export function textOf(request: RouteRequest, name: string): string {
  const value = request.body[name]
  return typeof value === 'string' ? value.trim() : ''
}

/** The revision that the form was made from. */
export function revisionOf(request: RouteRequest): number | undefined {
  const revision = Number(textOf(request, 'revision'))
  return Number.isInteger(revision) && revision > 0 ? revision : undefined
}
