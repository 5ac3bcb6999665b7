import type { Study } from '../../../domain/study.js'
import { isWrongImage, sureLateralityOf } from '../../../domain/study.js'
import type { MessageKey } from '../../../i18n/catalogues.js'
import { kindOfImage, whenText } from '../describe.js'
import { postForm, revisionField } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import { deliveryPart } from './delivery.js'
import { historyPart, smallPrint } from './history.js'
import { imagePart } from './image.js'
import type { StudyModel } from './model.js'
import { notesPart, regionsPart } from './notes.js'
import { outcomesPart } from './outcomes.js'
import { overreadNote, overreadPart } from './overread.js'
import { programmePart } from './programme.js'
import { patientPart } from './patient-panel.js'
import { eyeNote, qualityPart, retakeLink } from './quality.js'
import { correctPart, questionsPart } from './questions.js'
import type { ReviewDraft } from './review.js'
import { reviewPart } from './review.js'
import { findingsPart, verdictPart } from './verdict.js'

/** What reading these bytes again does not mend. */
const CUT_OFF: ReadonlySet<string> = new Set(['truncated', 'damaged-pixels'])

/** Reads again what failed; a retry is always allowed to whoever captures. Of a file that came cut off or damaged, another photo comes first. */
function retryPart(page: PageContext, model: StudyModel): Html | undefined {
  const { study } = model
  if (study.state !== 'failed' || !can(page, 'capture')) return undefined
  const takeAgain = CUT_OFF.has(study.failure?.code ?? '') ? retakeLink(page, model) : undefined
  return html`${takeAgain}${postForm(page, `/studies/${study.id}/retry`, html`${revisionField(study.revision)}<button${takeAgain ? html` class="quiet"` : undefined}>${icon('retry')} ${page.words.t('study.retry')}</button>`)}`
}

function documents(page: PageContext, model: StudyModel): Html | undefined {
  if (model.study.state !== 'ready' || model.blind) return undefined
  const paper = (name: 'report' | 'letter', label: MessageKey): Html => html`<a class="button quiet" href="/api/v1/studies/${model.study.id}/${name}.pdf" target="_blank" rel="noopener">${icon('print')} ${page.words.t(label)}</a>`
  return html`<p>${paper('report', 'study.report')} ${isWrongImage(model.study) ? undefined : paper('letter', 'letter.link')}</p>`
}

/** Known only when the image is read: app.js keeps the heading like it. */
const titleOf = ({ words, now }: PageContext, study: Study): string => `${kindOfImage(words, study.modality, sureLateralityOf(study))} · ${whenText(words, study.receivedAt, now)}`

/**
 * What both eyes say and by which photos: app.js asks again when another photo may have changed it, and compares this with the answer's markup, so nothing
 * in it is escaped there. The words count too: a clinician's have no code of their own. Empty where only this image counts.
 */
const eyesSeen = ({ eyes }: StudyModel): string =>
  (eyes ? [eyes.code, eyes.level, eyes.text.replace(/[^\p{L}\p{N}]+/gu, '_'), ...eyes.round].join(' ') : '')

/** The part that is refreshed while the image is read or when somebody else changes it. */
export function studyFragment(page: PageContext, model: StudyModel, draft?: ReviewDraft): Html {
  const { study } = model
  return html`<div class="study" id="study" data-url="/studies/${study.id}?fragment=study" data-id="${study.id}" data-revision="${study.revision}" data-eyes="${eyesSeen(model)}" data-state="${study.state}" data-title="${titleOf(page, study)}">
${verdictPart(page, model)}<div class="study-image">${overreadNote(page, model)}${imagePart(page, model)}</div>
<div class="study-side">${overreadPart(page, model)}${questionsPart(page, model)}${eyeNote(page, study)}${retryPart(page, model)}${qualityPart(page, model)}${programmePart(page, model)}${findingsPart(page, study.reading)}${patientPart(page, model)}${documents(page, model)}
${reviewPart(page, model, draft)}${regionsPart(page, model)}${notesPart(page, model)}${outcomesPart(page, model)}${correctPart(page, model)}${deliveryPart(page, study)}${historyPart(page, study)}${smallPrint(page, study)}</div></div>`
}

/** Shown by app.js instead of a refresh while somebody is filling a form. */
const changedNote = (page: PageContext, id: string): Html =>
  html`<div id="changed" class="banner bad" role="status" hidden>${icon('bad')}<span>${page.words.t('study.changed')}</span> <a class="button quiet" href="/studies/${id}">${page.words.t('study.reload')}</a></div>`

/** One study: the picture first, then what to do, why, and for whom. */
export function studyPage(page: PageContext, model: StudyModel, draft?: ReviewDraft): Html {
  const { study } = model
  return layout(page, { title: titleOf(page, study), body: html`${studyFragment(page, model, draft)}${changedNote(page, study.id)}`, scripts: ['viewer-shapes.js', 'viewer.js', 'scan.js'], back: '/' })
}
