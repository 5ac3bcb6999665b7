import type { Words } from '../../i18n/words.js'
import type { RegisterEntry } from '../register.js'
import { kindOfImage, shortFacts } from './describe.js'
import type { LineSaid } from './eye-line.js'
import { saidOfLine } from './eye-line.js'
import { field } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

export type RegisterModel = { readonly day: string; readonly entries: readonly RegisterEntry[] }

/** The cells of the printed register: time, person, village, image, verdict. */
export function registerLines({ entries, words, now }: { entries: readonly RegisterEntry[]; words: Words; now: string }): { cells: string[]; bold: boolean }[] {
  return entries.map(({ summary, patient, eyes, blind = false }) => ({
    cells: [
      words.time(summary.receivedAt), patient ? `${patient.name} ${shortFacts(words, patient, now)}` : words.t('row.whose'), patient?.village ?? '',
      kindOfImage(words, summary.modality, summary.laterality), blind ? `${words.t('mark.second')}: ${words.t('next.second')}` : verdict(words, saidOfLine(words, summary, eyes))
    ],
    bold: !blind && (summary.triageLevel === 'immediate' || summary.triageLevel === 'urgent')
  }))
}

/** What both eyes say, and this one where that is something else: a clear photo of one eye is no result of a person. */
const verdict = (words: Words, { mark, next, own }: LineSaid): string =>
  `${words.t(mark.label)}: ${next}${own ? ` ${own}` : ''}`

/** Everything of one day in one table that prints as it stands. */
export function registerPage(page: PageContext, { day, entries }: RegisterModel): Html {
  const { words } = page
  const { t } = words
  const heads = [t('register.time'), t('register.who'), t('form.village'), t('print.image'), t('register.verdict'), t('register.signed')]
  const lines = registerLines({ entries, words, now: page.now })
  const table = entries.length === 0 ? html`<p class="empty">${t('register.none')}</p>`
    : html`<div class="wide" tabindex="0" role="region" aria-label="${t('register.title')}"><table class="register" role="table"><thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead><tbody role="rowgroup">${lines.map(({ cells, bold }, index) =>
      html`<tr role="row"${bold ? html` class="bold"` : undefined}>${cells.map((cell, column) => html`<td role="cell">${column === 0 ? html`<a href="/studies/${entries[index]?.summary.id ?? ''}">${cell}</a>` : html`<bdi>${cell}</bdi>`}</td>`)}<td role="cell"></td></tr>`)}</tbody></table></div>`
  const choose = html`<form method="get" action="/register" class="day">${field({ name: 'day', label: t('register.day'), type: 'date', value: day })}<button class="quiet">${t('register.show')}</button></form>`
  const body = html`${choose}<p><a class="button quiet" href="/api/v1/register.pdf?day=${day}" target="_blank" rel="noopener">${icon('print')} ${t('register.pdf')}</a></p>${table}`
  return layout(page, { title: `${t('register.title')}: ${words.date(`${day}T12:00:00.000Z`)}`, body, back: '/', verdicts: true })
}
