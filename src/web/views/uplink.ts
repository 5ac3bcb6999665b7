import type { DestinationTest, DestinationView, UplinkCommands } from '../dependencies.js'
import { whenText } from './describe.js'
import { postForm } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { can } from './page.js'
import { sendingProblem } from './problem.js'

/** What a test that was just asked for has found. */
export type Tested = DestinationTest & { readonly id: string }
/** What waits for a person at one destination. */
type ToDo = NonNullable<ReturnType<UplinkCommands['toDo']>>
export type UplinkModel = { readonly destinations: readonly DestinationView[]; readonly toDo: ReadonlyMap<string, ToDo>; readonly tested?: Tested }

const COUNTS = ['waiting', 'sent', 'accepted', 'committed', 'needs-person'] as const

function counts(page: PageContext, one: DestinationView): Html {
  const { t, number } = page.words
  const values: Readonly<Record<(typeof COUNTS)[number], number>> = {
    waiting: one.outstanding - one.sent, sent: one.sent, accepted: one.accepted, committed: one.committed, 'needs-person': one.needsPerson
  }
  return html`<dl class="print">${COUNTS.map((name) => html`<dt>${t(`uplink.${name}`)}</dt><dd><strong>${number(values[name])}</strong></dd>`)}</dl>`
}

function standing(page: PageContext, one: DestinationView): Html {
  const { t } = page.words
  if (!one.reachable) return html`<span class="status bad">${icon('offline')} ${t('uplink.down')}</span>`
  if (one.needsPerson > 0) return html`<span class="status bad">${icon('bad')} ${t('uplink.needs-person')}</span>`
  return html`<span class="status ${one.outstanding > 0 ? 'idle' : 'good'}">${icon(one.outstanding > 0 ? 'pending' : 'good')} ${t(one.outstanding > 0 ? 'uplink.up' : 'uplink.done')}</span>`
}

const found = (page: PageContext, tested: Tested | undefined): Html | undefined =>
  tested && html`<div class="banner ${tested.ok ? 'good' : 'bad'}" role="status">${icon(tested.ok ? 'good' : 'bad')}<span>${page.words.t(tested.ok ? 'uplink.tested-good' : 'uplink.tested-bad')}<br>${tested.lines.map((line) => html`<small>${line}</small><br>`)}</span></div>`

function buttons(page: PageContext, { id }: DestinationView, { resend }: ToDo): Html {
  const { t } = page.words
  return html`<div class="buttons">${postForm(page, `/uplink/${id}/test`, html`<button class="quiet">${icon('search')} ${t('uplink.test')}</button>`)}
${resend > 0 && can(page, 'configure') ? postForm(page, `/uplink/${id}/resend`, html`<button class="quiet">${icon('retry')} ${t('uplink.resend')}</button>`) : undefined}</div>`
}

/** Each study by itself: nobody who has put one right there says anything of the others. */
function corrections(page: PageContext, { id }: DestinationView, { correct }: ToDo): Html | undefined {
  if (correct.length === 0) return undefined
  const { t } = page.words
  const confirm = (study: string): Html | undefined =>
    (can(page, 'configure') ? postForm(page, `/uplink/${id}/corrected/${study}`, html`<button class="quiet">${icon('retry')} ${t('uplink.corrected')}</button>`) : undefined)
  return html`<p class="hint">${t('uplink.to-correct')}</p><ul class="plain">${correct.map((study) => html`<li class="line"><a href="/studies/${study}">${study}</a>${confirm(study)}</li>`)}</ul>`
}

function card(page: PageContext, one: DestinationView, { toDo: all, tested }: UplinkModel): Html {
  const { words } = page
  const toDo = all.get(one.id) ?? { correct: [], resend: 0 }
  const last = one.lastSuccessAt ? words.t('uplink.last', { when: whenText(words, one.lastSuccessAt, page.now) }) : words.t('uplink.never')
  return html`<section class="card"><h2>${one.id}</h2><p class="line"><span><small><bdi>${one.address}</bdi></small><br><small>${last}</small></span>${standing(page, one)}</p>
${found(page, tested?.id === one.id ? tested : undefined)}${one.waitingFor ? html`<p class="hint">${words.t(`uplink.waits-${one.waitingFor}`)}</p>` : undefined}${one.problem ? html`<p class="error">${sendingProblem(words, one.problem)}</p>` : undefined}
${counts(page, one)}${corrections(page, one, toDo)}${buttons(page, one, toDo)}</section>`
}

/** Refreshed by itself: how much is still here, and what the centre has. */
export function uplinkFragment(page: PageContext, model: UplinkModel): Html {
  const { destinations } = model
  const { t } = page.words
  const cards = destinations.map((one) => card(page, one, model))
  return html`<div id="uplink" data-live="study status" data-url="/uplink?fragment=uplink">${destinations.length === 0 ? html`<p class="hint">${t('uplink.none')}</p>` : cards}</div>`
}

/** Whether the results have reached the centre: for the nurse at the end of the day, and for whoever has to put it right. */
export function uplinkPage(page: PageContext, model: UplinkModel): Html {
  const { t } = page.words
  const now = model.destinations.length > 0 ? postForm(page, '/uplink/now', html`<button>${icon('next')} ${t('uplink.now')}</button>`) : undefined
  return layout(page, { title: t('uplink.title'), body: html`${now}${uplinkFragment(page, model)}`, back: '/system' })
}
