import type { Patient } from '../../../domain/patient.js'
import type { StudySummary } from '../../../domain/study.js'
import type { Claim, Visit } from '../../../domain/visit.js'
import { takeOf } from '../../../domain/visit.js'
import { badge } from '../badge.js'
import { kindOfImage, patientFacts, whenText } from '../describe.js'
import { postForm } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { StudyRow } from '../row.js'
import { askedBeside, saidTo } from '../row.js'
import { curtained } from './curtain.js'
import type { NameOf, StationView } from './station.js'
import { stepText, takeText } from './station.js'
import { takeButtons } from './takes.js'
import { uncutWarning } from './view.js'

export type VisitModel = {
  readonly visit: Visit
  readonly patient: Patient
  /** Name of who opened it. */
  readonly openedBy: string
  readonly stations: readonly StationView[]
  /** Devices that receive from several machines, none of which has sent yet. */
  readonly silent: readonly string[]
  readonly rows: readonly StudyRow[]
  readonly nameOf: NameOf
  /** Whether what the station sends now comes into this visit. */
  holds(station: string): boolean
  /** A station that was asked for and is another visit's. */
  readonly refused?: StationView
}

const holdForm = (page: PageContext, model: VisitModel, { station, label, takeOver = false }: { station: string; label: Html; takeOver?: boolean }): Html =>
  postForm(page, `/visits/${model.visit.id}/hold`, html`<input type="hidden" name="station" value="${station}">${takeOver ? html`<input type="hidden" name="takeOver" value="yes">` : undefined}<button class="${takeOver ? 'quiet' : 'small'}">${label}</button>`)

function off(page: PageContext, station: StationView): Html | undefined {
  return station.state === 'connected' ? undefined : html` <span class="status bad">${icon('bad')} ${page.words.t(`device.${station.state}`)}</span>`
}

const about = (page: PageContext, station: StationView): Html =>
  html`<strong>${station.name}</strong> <small>${page.words.coded(`device.kind.${station.kind}`, station.kind)}</small>${off(page, station)}`

/** A device that this visit has: what it takes, its live picture and its buttons. */
function heldStation(page: PageContext, model: VisitModel, claim: Claim): Html {
  const { words } = page
  const { visit } = model
  const station = model.stations.find(({ id }) => id === claim.station)
  const name = station ? about(page, station) : html`<strong>${model.nameOf(claim.station)}</strong>`
  const release = postForm(page, `/visits/${visit.id}/release`, html`<input type="hidden" name="station" value="${claim.station}"><button class="quiet">${words.t('visit.let-go')}</button>`)
  if (!model.holds(claim.station)) {
    return html`<section class="card warn station"><h2>${icon('device')} ${name}</h2><p>${words.t('visit.lapsed')}</p>${holdForm(page, model, { station: claim.station, label: html`${words.t('visit.again')}` })}${release}</section>`
  }
  if (station?.kind === 'barcode') return html`<section class="card station" data-station="${claim.station}"><h2>${icon('device')} ${name}</h2>${release}</section>`
  const now = claim.take ? html`<p class="now">${words.t('visit.now', { what: takeText(words, claim.take.code) })}</p>` : html`<p class="now choose">${words.t('visit.choose')}</p>`
  const live = station?.hasPreview ? livePicture(page, station) : undefined
  return html`<section class="card station" data-station="${claim.station}"><h2>${icon('device')} ${name}</h2>${now}${live}${station ? commandButtons(page, model, station) : undefined}
<h3>${words.t('visit.what')}</h3>${takeButtons(page, { action: `/visits/${visit.id}/hold`, station: claim.station, ...(claim.take ? { now: claim.take.code } : {}) })}${release}</section>`
}

/** What is dark is never stored; while nobody has chosen what that is, it is said. */
function livePicture(page: PageContext, { deviceId, name, video }: StationView): Html {
  const { t } = page.words
  const picture = html`<img class="live" src="/devices/${deviceId}/preview" alt="${t('device.live', { device: name })}">`
  const choose = video && html`<p><a class="button ${video.view ? 'quiet' : ''}" href="/devices/${deviceId}/view">${t('view.title')}</a></p>`
  return html`${video && !video.view ? uncutWarning(page) : undefined}${curtained(picture, video)}${choose}`
}

/** What a nurse may have a device do with one tap; the rest is for pages of their own. */
const BUTTONS = ['capture', 'record', 'freeze', 'unfreeze', 'scan', 'abort'] as const

function commandButtons(page: PageContext, model: VisitModel, { deviceId, commands, kind }: StationView): Html | undefined {
  const shown = BUTTONS.filter((name) => commands.includes(name))
  const back = html`<input type="hidden" name="back" value="/visits/${model.visit.id}"><input type="hidden" name="visit" value="${model.visit.id}">`
  const more = kind === 'mass-storage' ? html`<a class="button" href="/devices/${deviceId}">${page.words.t('device.import')}</a>` : undefined
  if (shown.length === 0 && !more) return undefined
  return html`<div class="commands">${more}${shown.map((name) => postForm(page, `/devices/${deviceId}/commands/${name}`, html`${back}<button class="${name === 'capture' || name === 'scan' ? 'large' : 'quiet'}">${page.words.t(`command.${name}`)}</button>`))}</div>`
}

function freeStation(page: PageContext, model: VisitModel, station: StationView): Html {
  const { t } = page.words
  if (!station.heldBy) return html`<li class="line"><span>${icon('device')} ${about(page, station)}</span>${holdForm(page, model, { station: station.id, label: html`${t('visit.use')}` })}</li>`
  const { name, since } = station.heldBy
  const takeOver = html`<details class="minor"><summary>${t('visit.take-over')}</summary><p>${t('visit.take-over-explain', { name })}</p>${holdForm(page, model, { station: station.id, label: html`${t('visit.take-over')}`, takeOver: true })}</details>`
  return html`<li class="line"><span>${icon('device')} ${about(page, station)}<br><small>${t('visit.held', { name, when: whenText(page.words, since, page.now) })}</small></span>${takeOver}</li>`
}

/** The devices: those of this visit first, as large as a thumb. Fetched again when a visit or a device changes. */
export function stationsPart(page: PageContext, model: VisitModel): Html {
  const { t } = page.words
  const { visit } = model
  const others = model.stations.filter(({ id }) => !visit.claims.some(({ station }) => station === id))
  const silent = model.silent.map((device) => html`<p class="hint">${t('visit.no-sender', { device })}</p>`)
  const steps = visit.steps.length === 0 ? undefined : html`<ul class="plain">${visit.steps.map((step) => html`<li>${icon(step.status === 'in-progress' ? 'pending' : 'good')} ${stepText(page.words, step, model.nameOf)}</li>`)}</ul>`
  return html`<div id="stations" data-live="visit devices" data-url="/visits/${visit.id}?fragment=stations">${steps}${visit.claims.map((claim) => heldStation(page, model, claim))}
<section class="card"><h2>${t('visit.devices')}</h2><ul class="plain">${others.map((station) => freeStation(page, model, station))}</ul>${silent}
<p><a class="button quiet" href="/capture?patient=${model.patient.id}">${icon('camera')} ${t('visit.tablet')}</a></p></section></div>`
}

/** What was to be taken, unless the image or a person said since that it is something else, or it is asked which eye it is. */
function whatOf({ words }: PageContext, { take, modality, laterality }: StudySummary): string {
  const tapped = take === undefined ? undefined : takeOf(take)
  const isOther = tapped !== undefined && ((modality !== undefined && modality !== tapped.modality) || (tapped.laterality !== undefined && tapped.laterality !== laterality))
  return take === undefined || isOther ? kindOfImage(words, modality, laterality) : takeText(words, take)
}

function picture(page: PageContext, row: StudyRow): Html {
  const { words } = page
  const { summary: study } = row
  const { mark, own } = saidTo(page, row)
  const asked = askedBeside(page, study)
  const seen = study.state === 'ready' || study.state === 'needs-input' ? html`<img src="/api/v1/studies/${study.id}/thumbnail" alt="" width="160" height="160" loading="lazy">` : html`<span class="thumb">${icon('pending')}</span>`
  return html`<li><a href="/studies/${study.id}">${seen}<strong>${whatOf(page, study)}</strong><small>${words.time(study.receivedAt)}</small>${badge(words, mark)}${asked ? html`<small>${asked}</small>` : undefined}${own ? html`<small><bdi>${own}</bdi></small>` : undefined}</a></li>`
}

/** What has come so far, newest first. */
export function picturesPart(page: PageContext, model: VisitModel): Html {
  const { t } = page.words
  const list = model.rows.length === 0 ? html`<p class="hint">${t('visit.no-pictures')}</p>` : html`<ul class="pictures">${model.rows.map((row) => picture(page, row))}</ul>`
  return html`<section class="card" id="pictures" data-live="study" data-url="/visits/${model.visit.id}?fragment=pictures"><h2>${t('visit.pictures')}</h2>${list}</section>`
}

/** One visit: who it is, what takes the pictures, what came, and the way to end it. */
export function visitPage(page: PageContext, model: VisitModel): Html {
  const { t } = page.words
  const { visit, patient } = model
  const open = visit.closedAt === undefined && can(page, 'capture')
  const refused = model.refused?.heldBy && html`<div class="banner bad" role="alert">${icon('bad')}<span><strong>${model.refused.name}</strong>: ${t('visit.held', { name: model.refused.heldBy.name, when: whenText(page.words, model.refused.heldBy.since, page.now) })}</span></div>`
  const finish = open ? postForm(page, `/visits/${visit.id}/close`, html`<button class="large">${icon('good')} ${t('visit.finish')}</button>`) : undefined
  const over = visit.closedAt === undefined ? undefined : html`<p class="card">${icon('good')} ${t('visit.finished')}</p>`
  const body = html`${refused}<p class="patient"><a href="/patients/${patient.id}"><bdi>${patientFacts(page.words, patient, page.now)}</bdi></a><br><small>${t('visits.by', { name: model.openedBy, when: whenText(page.words, visit.openedAt, page.now) })}</small></p>
${over}<div class="visit">${open ? stationsPart(page, model) : undefined}${picturesPart(page, model)}</div>${finish}`
  return layout(page, { title: patient.name, body, back: '/visits', verdicts: true, scripts: ['visits.js'] })
}
