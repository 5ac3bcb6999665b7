import type { Problem } from '../../domain/problem.js'
import type { BoxFields, BoxPart, BoxView } from '../box-door.js'
import type { CareView } from '../dependencies.js'
import { clockSection } from './care.js'
import { choices, field, postForm, selection } from './form.js'
import type { Html } from './html.js'
import { attribute, html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'
import { settingProblem } from './problem.js'

export type BoxModel = {
  readonly box: BoxView
  readonly care?: CareView
  /** What was wrong with the form that was sent: `part` names it, `values` are what was typed. */
  readonly refused?: { readonly part: string; readonly problems: readonly Problem[]; readonly values: Readonly<Record<string, string>> }
}

/** The technician's page of the machine itself: who and where it is, its networks, what it runs, what is connected. */
export function boxPage(page: PageContext, model: BoxModel): Html {
  const { t } = page.words
  const body = html`${model.care ? clockSection(page, model.care) : undefined}<p class="hint">${t('box.hint')}</p><div id="probes" aria-live="polite"></div>
${clinic(page, model)}${network(page, model)}${parts(page, model, 'device')}${parts(page, model, 'destination')}${power(page, model)}
<p><a class="button" href="/">${icon('next')} ${t('box.finish')}</a></p>`
  return layout(page, { title: t('box.title'), body, back: '/system', ...(model.care?.clock.trusted === false ? { scripts: ['clock.js'] } : {}) })
}

const wrong = (page: PageContext, { refused }: BoxModel, part: string): Html | undefined => (refused?.part === part
  ? html`<div class="error" role="alert"><ul>${refused.problems.map(({ code, path, message }) => html`<li>${path ? html`<code>${path}</code>: ` : undefined}${settingProblem(page.words, { code, message })}</li>`)}</ul></div>` : undefined)

const typed = ({ refused }: BoxModel, part: string, name: string): string | undefined => (refused?.part === part ? refused.values[name] : undefined)

const check = (name: string, label: string, checked: boolean): Html =>
  html`<div class="field"><label><input type="checkbox" name="${name}" value="yes"${attribute('checked', checked)}> ${label}</label></div>`

function clinic(page: PageContext, model: BoxModel): Html {
  const { t, coded } = page.words
  const { box } = model
  const zones = box.timezones.map((zone) => ({ value: zone, label: zone.replaceAll('_', ' '), checked: zone === (typed(model, 'clinic', 'timezone') ?? box.timezone) }))
  return html`<section class="card"><h2>${t('box.clinic')}</h2>${wrong(page, model, 'clinic')}${postForm(page, '/box/clinic', html`
${field({ name: 'clinic-name', label: t('box.name'), value: typed(model, 'clinic', 'clinic-name') ?? box.clinic, required: true, maxLength: 64 })}${selection('timezone', t('box.timezone'), zones)}
<h3>${t('box.programmes')}</h3><p class="hint">${t('box.programmes-hint')}</p>${box.programmes.map(({ id, runs }) => check(`programme-${id}`, coded(`box.run.${id}`, id), runs))}<button>${t('box.save')}</button>`)}</section>`
}

function network(page: PageContext, model: BoxModel): Html {
  const { t } = page.words
  const { wifi, wired } = model.box
  const was = (name: string, now: string | undefined): string | undefined => typed(model, 'network', name) ?? now
  return html`<section class="card"><h2>${t('box.network')}</h2>${wrong(page, model, 'network')}<p class="hint">${t('box.network-hint')}</p>${postForm(page, '/box/network', html`
${field({ name: 'ssid', label: t('box.ssid'), value: was('ssid', wifi?.name), maxLength: 32 })}${field({ name: 'passphrase', label: t('box.passphrase'), hint: t(wifi ? 'box.passphrase-kept' : 'box.passphrase-hint'), type: 'password', maxLength: 63, autocomplete: 'new-password' })}
${field({ name: 'country', label: t('box.country'), hint: t('box.country-hint'), value: was('country', wifi?.country), maxLength: 2 })}${field({ name: 'channel', label: t('box.channel'), type: 'number', minimum: 1, maximum: 11, value: was('channel', String(wifi?.channel ?? 6)) })}
${choices('wired', t('box.wired'), (['clinic', 'uplink'] as const).map((value) => ({ value, label: t(`box.wired-${value}`), checked: value === wired })))}<button>${t('box.save')}</button>`)}</section>`
}

function power(page: PageContext, model: BoxModel): Html {
  const { t } = page.words
  const { savePower, powerModes, powerMode } = model.box
  const modes = [{ value: '', label: t('box.power-mode-as-is'), checked: powerMode === undefined }, ...powerModes.map(({ id, name }) => ({ value: String(id), label: name, checked: id === powerMode }))]
  return html`<section class="card"><h2>${t('box.power')}</h2>${wrong(page, model, 'power')}${postForm(page, '/box/power', html`${check('savePower', t('box.save-power'), savePower)}
${powerModes.length > 0 ? selection('powerMode', t('box.power-mode'), modes) : undefined}<button>${t('box.save')}</button>`)}</section>`
}

type Sort = 'device' | 'destination'
const LISTS = { device: ['devices', 'deviceKinds'], destination: ['destinations', 'destinationKinds'] } as const

/** What is set up, each with its test and the way to take it out, and a form for one more. */
function parts(page: PageContext, model: BoxModel, sort: Sort): Html {
  const { t } = page.words
  const list = model.box[LISTS[sort][0]]
  const lines = list.length === 0 ? html`<p class="hint">${t(`box.no-${sort}`)}</p>` : html`<ul class="plain">${list.map((part) => partLine(page, sort, part))}</ul>`
  const name = `add-${sort}`
  return html`<section class="card"><h2>${t(`box.${sort}s`)}</h2>${lines}<details class="minor"${attribute('open', model.refused?.part === name)}><summary>${t(`box.add-${sort}`)}</summary>${wrong(page, model, name)}${addForm(page, model, sort)}</details></section>`
}

function partLine(page: PageContext, sort: Sort, { id, kind }: BoxPart): Html {
  const { t, coded } = page.words
  const address = sort === 'device' ? `/devices/${id}/probe` : `/uplink/${id}/test`
  const inPlace = sort === 'device' ? [attribute('hx-post', address), attribute('hx-target', '#probes'), attribute('hx-swap', 'innerHTML'), attribute('hx-disable', 'find button')] : []
  return html`<li class="line"><span>${icon('device')} <strong>${id}</strong> <small>${sort === 'device' ? coded(`device.kind.${kind}`, kind) : kind}</small></span>
<span class="buttons">${postForm(page, address, html`<button class="quiet">${t(sort === 'device' ? 'device.test' : 'uplink.test')}</button>`, html`${inPlace}`)}${postForm(page, `/box/${sort}s/${id}/remove`, html`<button class="quiet">${t('box.remove')}</button>`)}</span></li>`
}

/** Empty fields are left out; the parser of the kind says what it misses. */
function addForm(page: PageContext, model: BoxModel, sort: Sort): Html {
  const { t, coded } = page.words
  const part = `add-${sort}`
  const kinds = model.box[LISTS[sort][1]].map((kind) => ({ value: kind, label: sort === 'device' ? coded(`device.kind.${kind}`, kind) : kind, checked: kind === typed(model, part, `${sort}-kind`) }))
  const text = (name: Exclude<keyof BoxFields, 'kind'>, hint?: string): Html => field({ name: `${sort}-${name}`, label: t(`box.${name}`), value: typed(model, part, `${sort}-${name}`), maxLength: name === 'more' ? 2000 : 300, ...(hint ? { hint } : {}) })
  const own = sort === 'device' ? [text('where', [t('box.where-hint'), ...model.box.plugged].join(' ')), text('port'), text('aeTitle')] : [text('host'), text('port'), text('aeTitle'), text('url'), text('bearer')]
  return postForm(page, `/box/${sort}s`, html`${selection(`${sort}-kind`, t('box.kind'), kinds)}${text('id', t('box.id-hint'))}${own}${text('more', t('box.more-hint'))}<button>${icon('add')} ${t('box.add')}</button>`)
}
