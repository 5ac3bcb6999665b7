import type { Patient } from '../../../domain/patient.js'
import type { Study } from '../../../domain/study.js'
import { lateralityOf } from '../../../domain/study.js'
import type { Visit } from '../../../domain/visit.js'
import { kindOfImage, patientFacts, whenText } from '../describe.js'
import { postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'

/** A picture of nobody yet, and whose it may be, the likeliest first. */
export type Waiting = { readonly study: Study; /** The device as people know it. */ readonly from: string; readonly choices: readonly { readonly visit: Visit; readonly patient: Patient; readonly proposed: boolean }[] }

/** What the image itself claims; help to find the person, never taken over unasked. */
function claimed(page: PageContext, { dicom }: Study): Html | undefined {
  const said = [dicom?.patientName?.replaceAll('^', ' ').trim(), dicom?.patientId].filter(Boolean).join(' · ')
  return said === '' ? undefined : html`<p class="hint">${page.words.t('patient.claimed')} <strong><bdi>${said}</bdi></strong></p>`
}

function choice(page: PageContext, study: Study, { visit, patient, proposed }: Waiting['choices'][number]): Html {
  const { words } = page
  const body = html`${revisionField(study.revision)}<input type="hidden" name="visit" value="${visit.id}"><button class="line"><span><strong><bdi>${patient.name}</bdi></strong><br>
<small><bdi>${patientFacts(words, patient, page.now)}</bdi>${proposed ? ` · ${words.t('whose.proposed')}` : undefined}</small></span></button>`
  return html`<li>${postForm(page, `/whose/${study.id}`, body)}</li>`
}

function waitingStudy(page: PageContext, { study, from, choices }: Waiting): Html {
  const { words } = page
  const seen = study.reading ? html`<img src="/api/v1/studies/${study.id}/thumbnail" alt="" width="160" height="160" loading="lazy">` : html`<span class="thumb">${icon('image')}</span>`
  const label = `${kindOfImage(words, study.modality, lateralityOf(study))} · ${whenText(words, study.receivedAt, page.now)}`
  const asked = study.questions.some(({ code }) => code === 'whose-is-this') ? html`<p>${icon('question')} ${words.t('question.text.whose-is-this')}</p>` : undefined
  const taken = study.dicom?.takenAt === undefined ? undefined : html`<p class="hint">${words.t('whose.taken')} <bdi>${study.dicom.takenAt.replace('T', ' ')}</bdi></p>`
  const people = choices.length === 0 ? html`<p class="hint">${words.t('whose.no-visit')}</p>` : html`<ul class="plain people">${choices.map((each) => choice(page, study, each))}</ul>`
  return html`<li class="card unowned" id="w-${study.id}"><a href="/studies/${study.id}" aria-label="${label}">${seen}</a><div><p><strong><bdi>${from}</bdi></strong> · <time datetime="${study.receivedAt}">${whenText(words, study.receivedAt, page.now)}</time></p>
${asked}${claimed(page, study)}${taken}${can(page, 'capture') ? people : undefined}<p><a class="button quiet" href="/studies/${study.id}">${words.t('whose.other')}</a></p></div></li>`
}

/** The pictures, newest first; a tap attaches one. */
export function whosePart(page: PageContext, waiting: readonly Waiting[]): Html {
  const list = waiting.length === 0 ? html`<p class="card">${icon('good')} ${page.words.t('whose.none')}</p>`
    : html`<p class="hint">${page.words.t('whose.explain')}</p><ul class="plain">${waiting.map((each) => waitingStudy(page, each))}</ul>`
  return html`<div id="whose" data-live="study visit" data-url="/whose?fragment=whose">${list}</div>`
}

export const whosePage = (page: PageContext, waiting: readonly Waiting[]): Html =>
  layout(page, { title: page.words.t('row.whose'), body: whosePart(page, waiting), back: '/visits' })
