import type { VideoSession } from '../../../domain/video-session.js'
import { isWhole } from '../../../domain/video-session.js'
import { choices, field, postForm } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'
import { curtained } from './curtain.js'

export type ViewModel = {
  readonly deviceId: string
  readonly session: VideoSession
  /** Whose visit holds the device now. */
  readonly visitId?: string
  /** What was wrong with the form. */
  readonly problem?: string
}

/** Said wherever a picture may be taken while nobody has chosen. */
export const uncutWarning = (page: PageContext): Html =>
  html`<div class="banner bad" role="alert">${icon('bad')}<span>${page.words.t('view.none')}</span></div>`

function state(page: PageContext, { view }: VideoSession): Html {
  if (!view) return uncutWarning(page)
  return html`<p>${icon('good')} ${page.words.t(isWhole(view) ? 'view.whole' : 'view.part')}</p>`
}

const EDGES = ['left', 'top', 'width', 'height'] as const

/** A box is drawn with a finger, or given in numbers; the numbers are what is sent. */
function boxForm(page: PageContext, { deviceId }: ViewModel): Html {
  const { t } = page.words
  const what = choices('what', t('view.what'), [{ value: 'mask', label: t('view.mask'), checked: true }, { value: 'keep', label: t('view.keep') }])
  const numbers = html`<details class="minor"><summary>${t('view.numbers')}</summary><div class="box-numbers">${EDGES.map((name) => field({ name, label: t(`view.${name}`), type: 'number', minimum: 0, maximum: 100, step: 0.1, inputMode: 'decimal' }))}</div></details>`
  return postForm(page, `/devices/${deviceId}/view`, html`${what}${numbers}<button class="large">${t('view.apply')}</button>`, html` id="box"`)
}

const oneButton = (page: PageContext, model: ViewModel, { values, label, kind = 'quiet' }: { readonly values: Readonly<Record<string, string>>; readonly label: string; readonly kind?: string }): Html =>
  postForm(page, `/devices/${model.deviceId}/view`, html`${Object.entries(values).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<button class="${kind}">${label}</button>`)

/** Where a technician or a nurse says what of a machine's picture is kept: a still, drawn on; nothing of what is dark is ever stored. */
export function viewPage(page: PageContext, model: ViewModel): Html {
  const { t } = page.words
  const { session, deviceId, problem } = model
  const masks = (session.view?.mask ?? []).map((_mask, at) => oneButton(page, model, { values: { what: 'unmask', at: String(at) }, label: t('view.unmask', { number: at + 1 }) }))
  const still = html`<img class="live" id="still" src="/devices/${deviceId}/still" width="${session.width}" height="${session.height}" alt="${t('device.live', { device: deviceId })}">`
  const body = html`${state(page, session)}${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<section class="card"><p>${t('view.draw')}</p>${curtained(still, session)}${boxForm(page, model)}</section>
<section class="card"><div class="commands">${masks}${oneButton(page, model, { values: { what: 'moving' }, label: t('command.keep-moving-part') })}${oneButton(page, model, { values: { what: 'all' }, label: t('command.keep-all') })}</div>
<p class="hint">${t('view.hint')}</p></section>`
  return layout(page, { title: t('view.title'), body, back: model.visitId === undefined ? '/visits' : `/visits/${model.visitId}`, scripts: ['mask.js'] })
}
