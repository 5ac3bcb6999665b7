import type { MessageKey } from '../../i18n/catalogues.js'
import type { Html } from './html.js'
import { attribute, html } from './html.js'
import type { IconName } from './icon.js'
import { icon } from './icon.js'
import { languageForm } from './language.js'
import type { PageContext } from './page.js'
import { can } from './page.js'

/** Decided by attributes alone: no injected style, no inline script, an error answer never replaces part of a page. */
const HTMX_CONFIG = '{"includeIndicatorCSS":false,"history":false,"noSwap":[204,304,"4xx","5xx"]}'

export type PageBody = {
  readonly title: string
  readonly body: Html
  /** File names in `/static/` beside the ones on every page. */
  readonly scripts?: readonly string[]
  /** Where the back arrow leads; absent on the pages of the navigation bar. */
  readonly back?: string
  /** Says the limits of what is shown: true on every page with a verdict. */
  readonly verdicts?: boolean
  /** It goes on while one scrolls: what stands below other pages stands above this one. */
  readonly endless?: boolean
  /** A form for nobody signed in: the language is chosen above it, since choosing it loads the page anew. */
  readonly form?: boolean
}

type Place = { readonly path: string; readonly icon: IconName; readonly label: MessageKey }

function places(page: PageContext): Place[] {
  const all: (Place | false)[] = [
    { path: '/', icon: 'list', label: 'nav.list' },
    can(page, 'capture') && { path: '/capture', icon: 'camera', label: 'nav.capture' },
    { path: '/visits', icon: 'person', label: 'nav.visits' },
    { path: '/patients', icon: 'people', label: 'nav.patients' },
    { path: '/system', icon: 'system', label: 'nav.system' },
    can(page, 'configure') && { path: '/users', icon: 'key', label: 'nav.users' }
  ]
  return all.filter((place): place is Place => place !== false)
}

const isHere = (page: PageContext, place: Place): boolean =>
  place.path === '/' ? page.path === '/' || page.path.startsWith('/studies') : page.path.startsWith(place.path) || (place.path === '/visits' && page.path === '/whose')

function navigation(page: PageContext): Html {
  const { t } = page.words
  return html`<nav class="tabs" aria-label="${t('nav.label')}">${places(page).map((place) =>
    html`<a href="${place.path}"${attribute('aria-current', isHere(page, place) ? 'page' : undefined)}>${icon(place.icon)}<span>${t(place.label)}</span></a>`)}</nav>`
}

function signedIn(page: PageContext): Html | undefined {
  if (!page.caller) return undefined
  const { t } = page.words
  return html`<details class="who" data-user="${page.caller.id}"><summary>${icon('person')}<span>${page.caller.name}</span></summary>
<div class="menu"><form method="post" action="/logout"><input type="hidden" name="_csrf" value="${page.csrf}"><p>${t(`role.${page.caller.role}`)}</p>
<button class="quiet">${icon('out')} ${t('nav.sign-out')}</button></form>${languageForm(page)}</div></details>`
}

function head(page: PageContext, title: string, scripts: readonly string[]): Html {
  const live = page.caller ? ['app.js', 'vendor/htmx.js', 'vendor/hx-sse.js', 'drafts.js'] : []
  return html`<head><meta charset="utf-8"><title>${title} · Screenpost</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"><meta name="theme-color" content="#0b4a54">
<meta name="htmx-config" content="${HTMX_CONFIG}"><meta name="referrer" content="same-origin">
<link rel="stylesheet" href="/static/app.css"><link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="manifest" href="/static/manifest.webmanifest">
${[...live, ...scripts].map((script) => html`<script src="/static/${script}" defer></script>`)}</head>`
}

/** The line to the appliance: app.js shows the banner when the live connection is gone and hides it when it is back. */
function connection(page: PageContext): Html | undefined {
  if (!page.caller) return undefined
  const { t } = page.words
  return html`<div id="connection" class="banner bad" role="status" data-lost="${t('connection.lost')}" data-back="${t('connection.back')}" hidden>${icon('offline')}<span></span></div>
<div id="live" data-events="/events" hx-swap="none" hidden></div>`
}

function flash(page: PageContext): Html | undefined {
  if (!page.flash) return undefined
  const { kind, text } = page.flash
  return html`<div class="banner ${kind}" role="${kind === 'bad' ? 'alert' : 'status'}">${icon(kind)}<span>${text}</span></div>`
}

/** What everybody should know: it stays until it is over. */
const notices = ({ notices: all = [], words }: PageContext): Html[] =>
  all.map(({ code, message }) => html`<div class="banner bad" role="alert" data-notice="${code}">${icon('bad')}<span>${words.translated(`problem.${code}`, message)}</span></div>`)

/** What each screen is for; the first whose path fits. */
const HELP: readonly (readonly [path: RegExp, key: MessageKey])[] = [
  [/^\/$/, 'help.list'], [/^\/studies\//, 'help.study'], [/^\/patients\/(?!new)/, 'help.patient'], [/^\/patients/, 'help.patients'], [/^\/capture/, 'help.capture'],
  [/^\/work/, 'help.work'], [/^\/register/, 'help.register'], [/^\/quarantine/, 'help.quarantine'], [/^\/(visits|whose)/, 'help.visits'], [/^\/users/, 'help.users'], [/^\/(system|uplink|box)/, 'help.system']
]

/** Each screen explains itself to who asks. */
function help(page: PageContext): Html | undefined {
  const key = page.caller ? HELP.find(([path]) => path.test(page.path))?.[1] : undefined
  if (!key) return undefined
  const { t } = page.words
  return html`<details class="minor help"><summary>${t('help.summary')}</summary><p>${t(key)}</p><p><a href="/tour">${t('tour.title')}</a></p></details>`
}

/** The whole document. Without a caller there is no navigation and no live connection. */
export function layout(page: PageContext, content: PageBody): Html {
  const { words } = page
  const limits = content.verdicts ? html`<footer><p>${words.t('disclaimer')}</p></footer>` : undefined
  const language = page.caller ? undefined : languageForm(page)
  const back = content.back === undefined ? undefined : html`<a class="back" href="${content.back}">${icon('back', 'turn')}<span>${words.t('nav.back')}</span></a>`
  return html`<!doctype html>
<html lang="${words.locale}" dir="${words.direction}">${head(page, content.title, content.scripts ?? [])}
<body${attribute('class', page.caller ? 'in' : 'out')}><a class="skip" href="#main">${words.t('nav.skip')}</a>
<header class="top"><a class="brand" href="/">${icon('eye')}<span>Screenpost</span></a>${page.caller ? navigation(page) : undefined}${signedIn(page)}</header>
${connection(page)}<main id="main" tabindex="-1">${notices(page)}${flash(page)}<div class="title">${back}<h1>${content.title}</h1></div>
${content.form ? language : undefined}${content.endless ? html`<div class="above">${limits}${help(page)}</div>${content.body}` : html`${content.body}${help(page)}`}${content.form ? undefined : language}</main>
${content.endless ? undefined : limits}</body></html>`
}
