import type { Problem } from '../../domain/problem.js'
import type { ArrivalSource } from '../../domain/arrival.js'
import { sizeText, whenText } from './describe.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

/** One file that could not be taken for an image. */
export type QuarantineLine = {
  readonly id: string
  readonly at: string
  readonly problem: Problem
  readonly bytes: number
  readonly originalName?: string
  readonly source: ArrivalSource
}

function line(page: PageContext, entry: QuarantineLine): Html {
  const { words } = page
  const code = entry.problem.code
  const todo = words.coded(`todo.${code}`, words.t('todo.default'))
  return html`<li class="card">${icon('box')} <strong><bdi>${entry.originalName ?? entry.id}</bdi></strong> <small>${sizeText(words, entry.bytes)} · ${whenText(words, entry.at, page.now)} · ${entry.source.deviceId}</small>
<p>${words.coded(`problem.${code}`, entry.problem.message)}</p><p class="hint">${todo}</p></li>`
}

/** Files that could not be read, why, and what to do. Nothing in here is ever deleted by itself. */
export function quarantinePage(page: PageContext, entries: readonly QuarantineLine[]): Html {
  const { t } = page.words
  const list = entries.length === 0 ? html`<div class="empty">${icon('good')}<p>${t('quarantine.empty')}</p></div>` : html`<ol class="plain">${entries.map((entry) => line(page, entry))}</ol>`
  return layout(page, { title: t('quarantine.title'), body: html`<p class="hint">${t('quarantine.explain')}</p>${list}`, back: '/system' })
}
