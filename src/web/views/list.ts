import type { Html } from './html.js'
import { attribute, html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { can } from './page.js'
import type { StudyRow } from './row.js'
import { studyRow } from './row.js'

export const LIST_FILTERS = ['all', 'urgent', 'question', 'ungradable', 'unattached', 'failed'] as const
export type ListFilter = (typeof LIST_FILTERS)[number]
export type ListOrder = 'urgency' | 'newest'

/** Rows at first, and in each part that scrolling adds. */
export const PAGE_ROWS = 25
export const PART_ROWS = 50

export type ListModel = {
  readonly rows: readonly StudyRow[]
  readonly filter: ListFilter
  readonly order: ListOrder
  readonly counts: Readonly<Record<ListFilter, number>>
  /** Place after which these rows begin, and the last place that they reach to; refreshing asks for the same stretch. */
  readonly cursor?: string
  readonly until?: string
  /** Place after which there is more. */
  readonly next?: string
  /** How a first image gets here; for the empty list. */
  readonly arrival: { readonly dicom?: string }
  /** Nobody has looked at the tour on this tablet. */
  readonly tour?: boolean
}

/** Address of a list; only what differs from the plain list is written. */
export function listUrl(model: Pick<ListModel, 'filter' | 'order'>, extra: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    ...(model.filter === 'all' ? {} : { filter: model.filter }), ...(model.order === 'urgency' ? {} : { order: model.order }), ...extra
  }).toString()
  return query === '' ? '/' : `/?${query}`
}

function chips(page: PageContext, model: ListModel): Html {
  const { words } = page
  const shown = LIST_FILTERS.filter((filter) => filter !== 'failed' || model.counts.failed > 0 || model.filter === 'failed')
  const other: ListOrder = model.order === 'urgency' ? 'newest' : 'urgency'
  return html`<nav class="chips" id="chips" aria-label="${words.t('list.filters')}">${shown.map((filter) =>
    html`<a href="${listUrl({ filter, order: model.order })}" class="chip"${attribute('aria-current', filter === model.filter ? 'true' : undefined)}>${words.t(`filter.${filter}`)} <b>${words.number(model.counts[filter])}</b></a>`)}
<a class="chip order" href="${listUrl({ filter: model.filter, order: other })}">${words.t(`order.${model.order}`)}</a></nav>`
}

/** What follows: fetched by itself when it comes into sight (app.js), else a page of its own. */
function more(page: PageContext, model: ListModel): Html | undefined {
  if (model.next === undefined) return undefined
  const url = listUrl(model, { cursor: model.next })
  return html`<p class="more" id="more"><a class="button quiet" href="${url}" hx-get="${url}&amp;fragment=rows" hx-target="#more" hx-swap="outerHTML">${page.words.t('list.more')}</a></p>`
}

function emptyList(page: PageContext, model: ListModel): Html {
  const { t } = page.words
  if (model.filter !== 'all') return html`<div class="empty" id="empty"><p>${t(`empty.${model.filter}`)}</p><p><a class="button quiet" href="/">${t('empty.show-all')}</a></p></div>`
  return html`<div class="empty" id="empty">${icon('image')}<h2>${t('empty.title')}</h2><ul>
${can(page, 'capture') ? html`<li><a class="button" href="/capture">${icon('camera')} ${t('empty.capture')}</a></li>` : undefined}
<li>${t('empty.dicom')} ${model.arrival.dicom ? html`<code>${model.arrival.dicom}</code>` : t('empty.dicom-off')}</li>
<li>${t('empty.inbox')}</li></ul></div>`
}

const stretch = ({ cursor, until }: ListModel): Readonly<Record<string, string>> => ({ ...(cursor === undefined ? {} : { cursor }), ...(until === undefined ? {} : { until }) })

const rows = (page: PageContext, model: ListModel, id: string): Html => html`<ol class="rows" id="${id}">${model.rows.map((row) => studyRow(page, row))}</ol>`

/** What the live connection refreshes: counts and the first rows, morphed so that focus and scroll stay where they are. */
export function listFragment(page: PageContext, model: ListModel): Html {
  const url = listUrl(model, { ...stretch(model), fragment: 'list' })
  return html`<div id="list" data-live="study" data-url="${url}">${chips(page, model)}${model.rows.length === 0 ? emptyList(page, model) : rows(page, model, 'rows')}</div>`
}

/** A part that scrolling added, refreshed on its own while it is near; behind it the way to the next, unless that was there already. */
export function rowsFragment(page: PageContext, model: ListModel & { readonly cursor: string }, refreshed: boolean): Html {
  const id = `rows-${model.cursor}`
  return html`<div id="part-${model.cursor}" data-live="study" data-url="${listUrl(model, { ...stretch(model), again: '1', fragment: 'rows' })}">${rows(page, model, id)}</div>${refreshed ? undefined : more(page, model)}`
}

/** Until somebody has seen it, or says not now. */
function tourOffer(page: PageContext, { tour }: ListModel): Html | undefined {
  if (!tour) return undefined
  const { t } = page.words
  return html`<div class="card question"><p>${t('tour.offer')}</p><p><a class="button" href="/tour">${t('tour.title')}</a> <a class="button quiet" href="/tour?skip">${t('tour.skip')}</a></p></div>`
}

/** The list of studies: the page a nurse works from. */
export function listPage(page: PageContext, model: ListModel): Html {
  return layout(page, { title: page.words.t('list.title'), body: html`${tourOffer(page, model)}<p class="to-work"><a class="button quiet" href="/work">${icon('good')} ${page.words.t('work.title')}</a></p>${listFragment(page, model)}${more(page, model)}`, verdicts: true, endless: true })
}
