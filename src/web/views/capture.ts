import type { Patient } from '../../domain/patient.js'
import { patientFacts } from './describe.js'
import { choices } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

/** What became of one file. */
export type CaptureLine = { readonly name: string; readonly text: string; /** Of an image that was here already: whose it is. */ readonly whose?: string; readonly href?: string; readonly good: boolean }

export type CaptureModel = {
  readonly patient?: Patient
  readonly eye?: 'L' | 'R'
  /** What became of each file of a form sent without JavaScript. */
  readonly done?: readonly CaptureLine[]
}

function whose(page: PageContext, patient: Patient | undefined): Html {
  const { t } = page.words
  if (patient) {
    return html`<p class="patient">${icon('person')} <strong><bdi>${patient.name}</bdi></strong><br><bdi>${patientFacts(page.words, patient, page.now)}</bdi><br><a href="/capture">${t('capture.other-patient')}</a></p>`
  }
  return html`<p>${t('capture.no-patient')}</p><p><a class="button quiet" href="/patients">${icon('search')} ${t('capture.find')}</a> <a class="button quiet" href="/patients/new?then=capture">${icon('add')} ${t('patient.register-new')}</a></p>`
}

function picker(page: PageContext, name: 'camera' | 'files'): Html {
  const { t } = page.words
  const camera = name === 'camera' ? html` accept="image/*" capture="environment"` : html` multiple accept="image/*,.dcm,.tif,.tiff,.bmp,application/dicom"`
  return html`<div class="pick"><label for="f-${name}">${icon(name === 'camera' ? 'camera' : 'image')} ${t(`capture.${name}`)}</label><input id="f-${name}" type="file" name="file"${camera}></div>`
}

/** Sentences that capture.js shows; it holds none of its own. */
const SAID = ['waiting', 'sending', 'paused', 'done', 'duplicate', 'whose-attached', 'whose-other', 'whose-known', 'whose-nobody', 'refused', 'open', 'again'] as const

function results(done: CaptureModel['done']): Html | undefined {
  return done && html`${done.map((file) => html`<li class="${file.good ? 'good' : 'bad'}">${icon(file.good ? 'good' : 'bad')} <span><bdi>${file.name}</bdi><br>${file.href ? html`<a href="${file.href}">${file.text}</a>` : file.text}${file.whose ? html` <strong><bdi>${file.whose}</bdi></strong>` : undefined}</span></li>`)}`
}

/** Shown by capture.js when the session ended: pictures wait meanwhile. */
const signedOutNote = ({ words: { t }, caller }: PageContext): Html =>
  html`<div id="signed-out" class="banner bad" role="alert" hidden>${icon('key')}<span>${t('capture.signed-out', { name: caller?.name ?? '' })}</span> <a class="button" href="/login?ended=1" target="_blank">${t('login.button')}</a></div>`

/** Takes or chooses pictures. With JavaScript each file shows its progress and goes on after a dropped Wi-Fi; without, it is a plain form. */
export function capturePage(page: PageContext, model: CaptureModel): Html {
  const { t } = page.words
  const side = choices('laterality', t('capture.eye'), [
    { value: 'R', label: t('eye.R'), checked: model.eye === 'R' }, { value: 'L', label: t('eye.L'), checked: model.eye === 'L' }, { value: '', label: t('eye.none'), checked: model.eye === undefined }
  ])
  const said = html`<div id="said" hidden>${SAID.map((word) => html`<span data-say="${word}">${t(`capture.${word}`)}</span>`)}</div>`
  const body = html`<div class="card"><h2>${t('capture.whose')}</h2>${whose(page, model.patient)}</div>
<form id="capture" class="card" method="post" action="/capture" enctype="multipart/form-data" data-now="${page.now}"><input type="hidden" name="_csrf" value="${page.csrf}"><input type="hidden" name="patientId" value="${model.patient?.id ?? ''}">
${side}<p><label class="check"><input type="checkbox" name="film" value="1"> ${t('capture.film')}</label></p><div class="picks">${picker(page, 'camera')}${picker(page, 'files')}</div><p class="hint">${t('capture.hint')}</p><button id="send">${t('capture.send')}</button></form>
${said}${signedOutNote(page)}<ul id="uploads" class="plain uploads" aria-live="polite">${results(model.done)}</ul>`
  return layout(page, { title: t('capture.title'), body, scripts: ['capture.js'] })
}
