import type { DayCount, UngradableRate } from '../clinic-figures.js'
import type { DestinationView, DeviceView, SystemView } from '../dependencies.js'
import { sizeText, whenText } from './describe.js'
import type { Html } from './html.js'
import { html } from './html.js'
import type { IconName } from './icon.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { dayPlot, ratePlot } from './plot.js'
import type { StudyRow } from './row.js'
import { studyRow } from './row.js'

export type DueRecall = { readonly patientId: string; readonly patientName: string; readonly dueOn: string; readonly overdue: boolean; readonly studyId: string }
/** Somebody whose eyes are not done. */
export type EyeRow = { readonly patientId: string; readonly patientName: string; readonly code: string; readonly since: string }

export type WorkModel = {
  readonly recalls: readonly DueRecall[]
  readonly eyes: readonly EyeRow[]
  readonly referrals: readonly StudyRow[]
  readonly readings: readonly StudyRow[]
  readonly totals: { readonly recalls: number; readonly eyes: number; readonly referrals: number; readonly readings: number }
  readonly rates: { readonly operators: readonly UngradableRate[]; readonly devices: readonly UngradableRate[] }
  readonly days: readonly DayCount[]
  readonly system: SystemView
  readonly devices: readonly DeviceView[]
  readonly today: string
}

function section(page: PageContext, title: Html | string, total: number, body: Html): Html {
  return html`<section class="card"><h2>${title} <b class="count">${page.words.number(total)}</b></h2>${body}</section>`
}

const none = (page: PageContext): Html => html`<p class="hint">${icon('good')} ${page.words.t('work.nothing')}</p>`

const rows = (page: PageContext, found: readonly StudyRow[]): Html =>
  (found.length === 0 ? none(page) : html`<ol class="rows">${found.map((row) => studyRow(page, row))}</ol>`)

function recallLines(page: PageContext, recalls: readonly DueRecall[]): Html {
  const { words } = page
  if (recalls.length === 0) return none(page)
  return html`<ul class="plain">${recalls.map(({ patientId, patientName, dueOn, overdue }) =>
    html`<li><a class="line" href="/patients/${patientId}"><strong><bdi>${patientName}</bdi></strong><span class="status ${overdue ? 'bad' : 'idle'}">${icon(overdue ? 'bad' : 'pending')} ${words.t(overdue ? 'work.overdue' : 'work.due', { day: words.date(`${dueOn}T12:00:00.000Z`) })}</span></a></li>`)}</ul>`
}

function eyeLines(page: PageContext, eyes: readonly EyeRow[]): Html {
  const { words } = page
  if (eyes.length === 0) return none(page)
  return html`<ul class="plain">${eyes.map(({ patientId, patientName, code, since }) =>
    html`<li><a class="line" href="/patients/${patientId}"><strong><bdi>${patientName}</bdi></strong><span class="status bad">${icon('bad')} ${words.coded(`triage.${code}`, code)} · ${words.date(since)}</span></a></li>`)}</ul>`
}

function state(name: IconName, label: string, said: { readonly good: boolean; readonly text: string }): Html {
  return html`<li class="line"><span>${icon(name)} ${label}</span><span class="status ${said.good ? 'good' : 'bad'}">${icon(said.good ? 'good' : 'bad')} ${said.text}</span></li>`
}

function sendingLine(page: PageContext, one: DestinationView): Html {
  const { words } = page
  const last = one.lastSuccessAt ? whenText(words, one.lastSuccessAt, page.now) : words.t('device.never')
  return state('next', one.id, { good: one.needsPerson === 0 && one.reachable, text: words.t('work.unsent', { count: one.outstanding, last }) })
}

/** The house at a glance: what waits to be sent, disk, devices, power. */
function house(page: PageContext, { system, devices }: WorkModel): Html {
  const { words } = page
  const { t } = words
  const connected = devices.filter(({ state: how }) => how === 'connected').length
  const broken = devices.some(({ state: how }) => how === 'failed')
  const { power } = system
  return html`<ul class="plain">${(system.destinations ?? []).map((one) => sendingLine(page, one))}
${state('disk', t('system.disk'), { good: system.disk.freeBytes >= system.disk.warnBytes, text: t('system.disk-free', { free: sizeText(words, system.disk.freeBytes) }) })}
${state('device', t('system.devices'), { good: !broken, text: t('work.devices', { connected: words.number(connected), all: words.number(devices.length) }) })}
${power ? state('system', t('work.power'), { good: power.onMains, text: `${t(power.onMains ? 'work.mains' : 'work.battery')}${power.chargePercent === undefined ? '' : ` · ${words.number(power.chargePercent)} %`}` }) : undefined}</ul>
${system.warnings.length > 0 ? html`<p><a class="button quiet" href="/system">${icon('bad')} ${t('system.warnings')}</a></p>` : undefined}`
}

/** What the clinic has to do today, and how it is doing. */
export function workPage(page: PageContext, model: WorkModel): Html {
  const { t } = page.words
  const { totals, rates } = model
  const body = html`<p class="hint">${t('work.explain')}</p><p><a class="button quiet" href="/register?day=${model.today}">${icon('print')} ${t('register.link')}</a></p>
${section(page, t('work.referrals'), totals.referrals, rows(page, model.referrals))}
${totals.readings > 0 ? section(page, t('work.readings'), totals.readings, rows(page, model.readings)) : undefined}
${section(page, t('work.eyes'), totals.eyes, eyeLines(page, model.eyes))}
${section(page, t('work.recalls'), totals.recalls, recallLines(page, model.recalls))}
<section class="card"><h2>${t('work.days')}</h2>${dayPlot(page, model.days)}</section>
<section class="card"><h2>${t('work.ungradable')}</h2><p class="hint">${t('work.ungradable-hint')}</p>${rates.operators.length > 0 ? html`<h3>${t('work.by-operator')}</h3>${ratePlot(page, rates.operators)}` : undefined}${rates.devices.length > 0 ? html`<h3>${t('work.by-device')}</h3>${ratePlot(page, rates.devices)}` : none(page)}</section>
<section class="card"><h2>${t('system.machine')}</h2>${house(page, model)}</section>`
  return layout(page, { title: t('work.title'), body, back: '/', verdicts: true })
}
