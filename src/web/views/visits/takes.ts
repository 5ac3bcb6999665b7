import { TAKES } from '../../../domain/visit.js'
import type { Take } from '../../../domain/visit.js'
import { postForm } from '../form.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import type { PageContext } from '../page.js'
import { takeText, zoneText } from './station.js'

const of = (prefix: string): Take[] => TAKES.filter(({ code }) => code.startsWith(prefix))

/** One tap each: what this station takes from now on. The one in force is pressed. */
export function takeButtons(page: PageContext, options: { readonly action: string; readonly station: string; readonly now?: string }): Html {
  const { words } = page
  const button = (take: Take, label: string): Html =>
    html`<button class="take" name="take" value="${take.code}"${attribute('aria-pressed', take.code === options.now ? 'true' : 'false')}>${label}</button>`
  const lung = (side: 'r' | 'l'): Html => html`<div class="lung"><h4>${words.t(side === 'r' ? 'take.lung-right' : 'take.lung-left')}</h4><div class="takes">${of(`lung-${side}`).map((take) => button(take, zoneText(words, take)))}</div></div>`
  const eyes = html`<div class="takes" dir="ltr">${of('eye-').map((take) => button(take, takeText(words, take.code)))}</div>`
  const chest = html`<div class="takes">${of('chest-').map((take) => button(take, takeText(words, take.code)))}</div>`
  const lungs = html`<details class="minor"${attribute('open', options.now?.startsWith('lung-') ?? false)}><summary>${words.t('modality.ultrasound')}</summary><div class="lungs" dir="ltr">${lung('r')}${lung('l')}</div></details>`
  return postForm(page, options.action, html`<input type="hidden" name="station" value="${options.station}">${eyes}${chest}${lungs}`)
}
