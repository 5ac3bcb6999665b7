import type { CareView } from '../dependencies.js'
import { sizeText, whenText } from './describe.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import type { PageContext } from './page.js'
import { can } from './page.js'

/** The slow check of everything on the disk: how far it is, how the last pass ended, and the brake. */
export function careSection(page: PageContext, { scrub }: CareView): Html {
  const { words } = page
  const { current, last, paused, studies } = scrub
  const now = current ? words.t(paused ? 'scrub.paused' : 'scrub.running', { done: current.studies, of: Math.max(studies, current.studies), size: sizeText(words, current.bytes) }) : words.t(paused ? 'scrub.off' : 'scrub.waiting')
  const before = last?.finishedAt === undefined ? words.t('scrub.never')
    : words.t(last.found === 0 ? 'scrub.last-good' : 'scrub.last-found', { when: whenText(words, last.finishedAt, page.now), studies: last.studies, size: sizeText(words, last.bytes), found: last.found, repaired: last.repaired })
  const button = (action: string, text: string): Html => html`<form method="post" action="/system/scrub" class="inline"><input type="hidden" name="_csrf" value="${page.csrf}"><button class="quiet" name="action" value="${action}">${text}</button></form>`
  return html`<section class="card"><h2>${icon('disk')} ${words.t('scrub.title')}</h2><p>${words.t('scrub.what')}</p><ul class="plain"><li class="line"><span>${now}</span></li><li class="line"><span>${before}</span></li></ul>
${can(page, 'configure') ? html`<p>${paused ? button('resume', words.t('scrub.resume')) : button('pause', words.t('scrub.pause'))} ${current ? undefined : button('start', words.t('scrub.start'))}</p>` : undefined}</section>`
}

/** The tablet's clock, offered to an administrator while the machine's own is in doubt; clock.js fills in what the tablet says. */
export function clockSection(page: PageContext, { clock }: CareView): Html | undefined {
  const { words } = page
  if (clock.trusted) return clock.offsetMs === 0 ? undefined : html`<section class="card"><h2>${words.t('clock.title')}</h2><p>${words.t('clock.offset')}</p></section>`
  const offer = can(page, 'configure')
    ? html`<form method="post" action="/system/clock" data-clock hidden><input type="hidden" name="_csrf" value="${page.csrf}"><input type="hidden" name="at" value=""><p>${words.t('clock.tablet-says')} <strong data-clock-shown></strong></p><button>${words.t('clock.accept')}</button></form>`
    : html`<p>${words.t('clock.ask-admin')}</p>`
  return html`<section class="card warn"><h2>${icon('bad')} ${words.t('clock.title')}</h2><p>${words.t('clock.doubt')}</p>${offer}</section>`
}
