import type { Patient } from '../../../domain/patient.js'
import type { Visit } from '../../../domain/visit.js'
import { patientFacts, whenText } from '../describe.js'
import { postForm } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import { patientLines, searchForm } from '../patient-search.js'
import type { ExpectedPerson } from './expected.js'
import { expectedPart } from './expected.js'
import type { NameOf } from './station.js'
import { stepText, takeText } from './station.js'

export type OpenVisit = { readonly visit: Visit; readonly patient: Patient; readonly openedBy: string; readonly nameOf: NameOf }
export type VisitsModel = {
  readonly open: readonly OpenVisit[]
  /** Registered today and not in a visit. */
  readonly today: readonly Patient[]
  /** Whom the centre sends today and who is in no visit. */
  readonly expected?: readonly ExpectedPerson[]
  /** Pictures of nobody yet. */
  readonly waiting: number
  readonly text?: string
  readonly found?: readonly Patient[]
}

/** A person as a button that opens their visit. */
export const visitOpeners = (page: PageContext, people: readonly Patient[]): Html =>
  patientLines(page, people, (patient, body) => postForm(page, '/visits', html`<input type="hidden" name="patientId" value="${patient.id}"><button class="line">${body}<span class="do">${page.words.t('visits.open')}</span></button>`))

function openVisit(page: PageContext, { visit, patient, openedBy, nameOf }: OpenVisit): Html {
  const { words } = page
  const held = visit.claims.map(({ station, take }) => html`<br><small>${icon('device')} ${nameOf(station)}${take ? ` · ${takeText(words, take.code)}` : undefined}</small>`)
  const steps = visit.steps.slice(-2).map((step) => html`<br><small>${stepText(words, step, nameOf)}</small>`)
  return html`<li><a class="line" href="/visits/${visit.id}"><span><strong><bdi>${patient.name}</bdi></strong><br><small><bdi>${patientFacts(words, patient, page.now)}</bdi></small><br>
<small>${words.t('visits.by', { name: openedBy, when: whenText(words, visit.openedAt, page.now) })}</small>${held}${steps}</span>${icon('next', 'turn')}</a></li>`
}

const waiting = (page: PageContext, count: number): Html | undefined =>
  count === 0 ? undefined : html`<p><a class="button question" href="/whose">${icon('question')} ${page.words.t('visits.waiting', { count })}</a></p>`

/** Kept fresh: who is being examined, and what waits. */
export function visitsPart(page: PageContext, model: VisitsModel): Html {
  const { t } = page.words
  const list = model.open.length === 0 ? html`<p class="hint">${t('visits.none')}</p>` : html`<ul class="plain people">${model.open.map((each) => openVisit(page, each))}</ul>`
  return html`<div id="visits" data-live="visit study" data-url="/visits?fragment=visits">${waiting(page, model.waiting)}<section class="card"><h2>${t('visits.running')}</h2>${list}</section></div>`
}

/** Who is here, whose visit is open, what waits for its person. */
export function visitsPage(page: PageContext, model: VisitsModel): Html {
  const { t } = page.words
  const results = model.found && visitOpeners(page, model.found)
  const today = model.today.length === 0 ? undefined : html`<h3>${t('visits.today')}</h3>${visitOpeners(page, model.today)}`
  const begin = can(page, 'capture') ? html`<section class="card" data-scan="#f-search"><h2>${t('visits.whose')}</h2><p class="hint">${t('visits.scan')}</p>
${searchForm(page, { action: '/visits/search', ...(model.text === undefined ? {} : { value: model.text }), ...(results ? { results } : {}) })}
<p><a class="button" href="/patients/new?then=visit">${icon('add')} ${t('patient.register-new')}</a></p>${expectedPart(page, model.expected ?? [])}${today}<div class="offered" role="status" data-say="${t('scan.look-up')}"></div></section>` : undefined
  return layout(page, { title: t('visits.title'), body: html`${visitsPart(page, model)}${begin}`, scripts: ['visits.js', 'scan.js'] })
}
