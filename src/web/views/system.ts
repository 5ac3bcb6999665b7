import type { Problem } from '../../domain/problem.js'
import type { CareView, DeviceView, OfferView, PackStatus, ReaderView, SystemView } from '../dependencies.js'
import { careSection, clockSection } from './care.js'
import { problemText, sizeText, whenText } from './describe.js'
import { postForm } from './form.js'
import type { Html } from './html.js'
import { attribute, html } from './html.js'
import type { IconName } from './icon.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import { offerSection } from './offer.js'
import type { PageContext } from './page.js'
import { can } from './page.js'
import { houseProblem } from './problem.js'

export type SystemModel = {
  readonly devices: readonly DeviceView[]
  readonly reader: ReaderView
  readonly system: SystemView
  readonly quarantined: number
  readonly care?: CareView
  /** What the centre offers. */
  readonly offer?: OfferView
  /** The machine's own settings can be changed here. */
  readonly hasBox?: boolean
}

type Tone = 'good' | 'bad' | 'idle'

const status = (tone: Tone, text: string): Html => {
  const icons: Readonly<Record<Tone, IconName>> = { good: 'good', bad: 'bad', idle: 'pending' }
  return html`<span class="status ${tone}">${icon(icons[tone])} ${text}</span>`
}

const DEVICE_TONES: Readonly<Record<DeviceView['state'], Tone>> = { connected: 'good', waiting: 'idle', failed: 'bad', off: 'idle' }

function deviceLine(page: PageContext, device: DeviceView): Html {
  const { words } = page
  const last = device.lastArrivalAt ? words.t('device.last', { when: whenText(words, device.lastArrivalAt, page.now) }) : words.t('device.never')
  return html`<li class="line"><span>${icon('device')} <strong><bdi>${device.id}</bdi></strong> <small>${words.coded(`device.kind.${device.kind}`, device.kind)}</small>${device.detail ? html`<br><small><bdi>${device.detail}</bdi></small>` : undefined}
<br><small>${last} · ${words.t('device.received', { count: device.received })}</small>${device.problem ? html`<br><span class="error"><bdi>${problemText(words, device.problem)}</bdi></span>` : undefined}${testButton(page, device)}</span>${status(DEVICE_TONES[device.state], words.t(`device.${device.state}`))}</li>`
}

/** "Test this device": what it found is shown above the list, which may be fetched again meanwhile. */
const testButton = (page: PageContext, { id }: DeviceView): Html | undefined => {
  if (!can(page, 'configure')) return undefined
  const address = `/devices/${id}/probe`
  const inPlace = [attribute('hx-post', address), attribute('hx-target', '#probes'), attribute('hx-swap', 'innerHTML'), attribute('hx-disable', 'find button')]
  return html`<br>${postForm(page, address, html`<button class="quiet">${page.words.t('device.test')}</button>`, html`${inPlace}`)}`
}

function packLine(page: PageContext, pack: PackStatus): Html {
  const { coded } = page.words
  const problem = pack.problem ? html`<br><span class="error">${houseProblem(page.words, pack.problem)}</span>` : undefined
  return html`<li class="line"><span><strong>${coded(`pack.${pack.modality}`, pack.id)}</strong><br><small>${pack.id} ${pack.version}${pack.sha256 ? ` · ${pack.sha256.slice(0, 12)}` : ''}</small>${problem}</span>
${packStatus(page, pack)}</li>`
}

function packStatus({ words: { t } }: PageContext, { inService, behind, problem }: PackStatus): Html {
  if (problem) return status('bad', t('pack.out'))
  if (!inService) return status('idle', t('pack.older'))
  return behind === undefined ? status('good', t('pack.in-service')) : status('idle', t('pack.behind', { id: behind }))
}

/** In English the whole sentence begins with the device; elsewhere its name stands before the translation. */
function warningText({ words }: PageContext, warning: Problem): Html {
  const device = /^Device ([\w.-]+): /.exec(warning.message)?.[1]
  const said = problemText(words, warning)
  return said === warning.message ? houseProblem(words, warning) : html`${device ? html`<bdi>${device}</bdi>: ` : undefined}<bdi>${said}</bdi>`
}

function warnings(page: PageContext, system: SystemView): Html | undefined {
  const shown = system.warnings.filter(({ code }) => !page.notices?.some((notice) => notice.code === code))
  if (shown.length === 0) return undefined
  return html`<section class="card warn" role="alert"><h2>${icon('bad')} ${page.words.t('system.warnings')}</h2><ul>${shown.map((warning) => html`<li>${warningText(page, warning)}</li>`)}</ul></section>`
}

function readerLines(page: PageContext, reader: ReaderView): Html {
  const { t, coded } = page.words
  const line = reader.alive ? status('good', t('reader.alive')) : status('bad', t('reader.down'))
  return html`<li class="line"><span>${t('reader.title')}<br><small>${coded(`provider.${reader.provider}`, reader.provider)}${reader.restarts > 0 ? html` · ${t('reader.restarts', { count: reader.restarts })}` : undefined}</small></span>${line}</li>`
}

function machine(page: PageContext, model: SystemModel): Html {
  const { words } = page
  const { system } = model
  const enough = system.disk.freeBytes >= system.disk.warnBytes
  return html`<ul class="plain">${readerLines(page, model.reader)}
<li class="line"><span>${icon('disk')} ${words.t('system.disk')}<br><small>${words.t('system.disk-reserve', { reserve: sizeText(words, system.disk.reserveBytes) })}</small></span>${status(enough ? 'good' : 'bad', words.t('system.disk-free', { free: sizeText(words, system.disk.freeBytes) }))}</li>
<li class="line"><span>${words.t('system.clock')}</span>${system.clockTrusted ? status('good', words.t('system.clock-good')) : status('bad', words.t('system.clock-bad'))}</li>
<li class="line"><span>${words.t('system.dicom')}</span>${system.dicom ? html`<code>${system.dicom}</code>` : status('bad', words.t('empty.dicom-off'))}</li>
<li class="line"><span>${words.t('system.version')}</span><span>${system.version}</span></li>
<li class="line"><span>${words.t('system.started')}</span><span>${whenText(words, system.startedAt, page.now)}</span></li></ul>`
}

/** Refreshed by itself: devices, readers, room on the disk. */
export function systemFragment(page: PageContext, model: SystemModel): Html {
  const { t } = page.words
  const devices = model.devices.length === 0 ? html`<p class="hint">${t('device.none')}</p>` : html`<ul class="plain">${model.devices.map((device) => deviceLine(page, device))}</ul>`
  return html`<div id="system" data-live="devices status" data-url="/system?fragment=system">${warnings(page, model.system)}${model.offer ? offerSection(page, model.offer, model.reader.packs) : undefined}
<section class="card"><h2>${t('system.devices')}</h2>${devices}</section>
<section class="card"><h2>${t('system.packs')}</h2><ul class="plain">${model.reader.packs.map((pack) => packLine(page, pack))}</ul></section>
<section class="card"><h2>${t('system.machine')}</h2>${machine(page, model)}</section>${model.care ? careSection(page, model.care) : undefined}</div>`
}

/** For the technician and for whoever wonders why nothing arrives. */
export function systemPage(page: PageContext, model: SystemModel): Html {
  const { t } = page.words
  const body = html`${model.care ? clockSection(page, model.care) : undefined}<div id="probes" aria-live="polite"></div>${systemFragment(page, model)}<p>${model.hasBox && can(page, 'configure') ? html`<a class="button quiet" href="/box">${icon('system')} ${t('box.title')}</a> ` : undefined}<a class="button quiet" href="/uplink">${icon('next')} ${t('uplink.title')}</a> <a class="button quiet" href="/quarantine">${icon('box')} ${t('quarantine.link', { count: model.quarantined })}</a> <a class="button quiet" href="/trust">${t('trust.title')}</a></p>`
  return layout(page, { title: t('system.title'), body, ...(model.care?.clock.trusted === false ? { scripts: ['clock.js'] } : {}) })
}
