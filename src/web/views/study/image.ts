import type { DerivedFile } from '../../../domain/reading.js'
import { heatmapShown } from '../../../domain/reading.js'
import type { Study, StudySummary } from '../../../domain/study.js'
import { lateralityOf } from '../../../domain/study.js'
import { shownRegions } from '../../../domain/study-additions.js'
import { kindOfImage, whenText } from '../describe.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import type { IconName } from '../icon.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can } from '../page.js'
import type { MessageKey } from '../../../i18n/catalogues.js'
import type { StudyModel } from './model.js'
import { regionForm, regionMarks } from './notes.js'

const source = (study: Study, size: 'tablet' | 'full', frame = 0): string =>
  `/api/v1/studies/${study.id}/image?size=${size}&frame=${frame}`

const heatmapOf = ({ reading }: Study): DerivedFile | undefined => reading && heatmapShown(reading)

/** The picture that a new one is laid beside, and what it is called. */
type Beside = { readonly source: string; readonly label: string }

function besideOf(page: PageContext, model: StudyModel): Beside | undefined {
  const { t, date } = page.words
  const { prior, study } = model
  if (prior) return { source: `/api/v1/studies/${study.id}/prior`, label: t('viewer.prior-of', { when: date(prior.takenOn) }) }
  const previous = previousOf(model)
  return previous && { source: `/api/v1/studies/${previous.id}/image?size=tablet&frame=0`, label: t('viewer.previous-of', { when: whenText(page.words, previous.receivedAt, page.now) }) }
}

/** The same patient's image of the same kind and side before this one, of those that are here. */
export const previousOf = ({ study, others }: Pick<StudyModel, 'study' | 'others'>): StudySummary | undefined =>
  others.filter((other) => other.sequence < study.sequence && other.state === 'ready' && !other.evicted && other.modality === study.modality && other.laterality === lateralityOf(study))
    .sort((one, two) => two.sequence - one.sequence)[0]

const SWITCHES: readonly string[] = ['window', 'invert', 'heat', 'play', 'measure', 'previous', 'region']
const PRESETS = ['all', 'dark', 'middle', 'bright'] as const

function tool(page: PageContext, act: string, name: IconName, key: MessageKey): Html {
  const state = attribute('aria-pressed', SWITCHES.includes(act) ? 'false' : undefined)
  return html`<button type="button" data-act="${act}"${state} title="${page.words.t(key)}">${icon(name)}<span>${page.words.t(key)}</span></button>`
}

function slider(name: string, label: string, limits: { min: number; max: number; value: number }): Html {
  return html`<label class="slider"><span>${label}</span><input type="range" data-act="${name}" min="${limits.min}" max="${limits.max}" value="${limits.value}"></label>`
}

const presets = (page: PageContext): Html =>
  html`<div class="presets" role="group" aria-label="${page.words.t('viewer.presets')}">${PRESETS.map((name) => html`<button type="button" data-act="preset-${name}">${page.words.t(`viewer.preset-${name}`)}</button>`)}</div>`

/** Filled by viewer.js only; hidden until it runs, so nothing is offered that would not work. */
function tools(page: PageContext, model: StudyModel, previous: Beside | undefined): Html {
  const { study } = model
  const frames = study.reading?.image.frames ?? 1
  const { t } = page.words
  return html`<div class="tools" role="toolbar" aria-label="${t('viewer.tools')}" hidden>
${tool(page, 'in', 'zoom-in', 'viewer.zoom-in')}${tool(page, 'out', 'zoom-out', 'viewer.zoom-out')}${tool(page, 'window', 'contrast', 'viewer.window')}
${tool(page, 'invert', 'invert', 'viewer.invert')}${tool(page, 'rotate', 'rotate', 'viewer.rotate')}${heatmapOf(study) ? tool(page, 'heat', 'heat', 'viewer.heat') : undefined}${tool(page, 'measure', 'measure', 'viewer.measure')}${previous ? tool(page, 'previous', 'previous', 'viewer.previous') : undefined}${can(page, 'review') ? tool(page, 'region', 'region', 'region.draw') : undefined}${tool(page, 'reset', 'fit', 'viewer.reset')}
<div class="tool-row" data-for="window" hidden>${slider('bright', t('viewer.brightness'), { min: 1, max: 100, value: 50 })}${slider('width', t('viewer.width'), { min: 4, max: 100, value: 100 })}${presets(page)}</div>
<div class="tool-row" data-for="full" role="alert" hidden><p>${icon('bad')} ${t('viewer.full-failed')}</p><button type="button" data-act="full">${icon('retry')}<span>${t('viewer.full-again')}</span></button></div>
<div class="tool-row" data-for="measure" hidden><p class="hint">${t('viewer.measure-hint')}</p><output data-out="measure" data-mm="${t('viewer.millimetres')}" data-px="${t('viewer.pixels')}"></output></div>
${regionForm(page, model)}${heatmapOf(study) ? html`<div class="tool-row" data-for="heat" hidden>${slider('opacity', t('viewer.opacity'), { min: 0, max: 100, value: 55 })}<p class="hint">${t('viewer.heat-note')}</p></div>` : undefined}
${frames > 1 ? html`<div class="tool-row">${tool(page, 'play', 'play', 'viewer.play')}${slider('frame', t('viewer.frame'), { min: 1, max: frames, value: 1 })}<output data-out="frame">1 / ${frames}</output></div>` : undefined}</div>`
}

const spacingOf = ({ dicom }: Study): Html[] => {
  const { row, column } = dicom?.pixelSpacingMm ?? {}
  return row && column ? [attribute('data-row', row), attribute('data-column', column)].filter((each) => each !== undefined) : []
}

/** Fetched when somebody asks for it; moves, turns and changes with the one before it. */
const beside = ({ source: picture, label }: Beside): Html =>
  html`<figure class="beside" data-for="previous" data-image="${picture}" data-alt="${label}" hidden>
<div class="stage"><div class="sheet"></div></div><figcaption>${label}</figcaption></figure>`

function stage(page: PageContext, study: Study): Html {
  const reading = study.reading
  const label = kindOfImage(page.words, study.modality, lateralityOf(study))
  const size = reading ? [attribute('width', reading.image.width), attribute('height', reading.image.height)] : undefined
  const shown = heatmapOf(study)
  const heat = shown && [attribute('data-heat', `/api/v1/studies/${study.id}/heatmap`), attribute('data-heat-frame', shown.frame ?? 0)].filter((each) => each !== undefined)
  return html`<div class="stage" id="stage" tabindex="0" role="application" aria-label="${page.words.t('viewer.label', { image: label })}" aria-describedby="viewer-help"
 data-image="/api/v1/studies/${study.id}/image" data-frames="${reading?.image.frames ?? 1}"${heat}${spacingOf(study)}>
<div class="sheet"><img src="${source(study, 'tablet')}" alt="${label}"${size} fetchpriority="high">${regionMarks(study)}</div></div>`
}

const readingShown = ({ reading, revision }: Study): string =>
  (reading ? [reading.pack?.sha256.slice(0, 8) ?? 'none', reading.derived.length, reading.image.frames, Math.round(reading.timingMs.total)].join('-') : String(revision))

/**
 * A viewer stays as it is while the page refreshes, unless what it holds is another: a reading with other pictures, the places marked on it, or the
 * picture beside it, which is somebody else's as soon as the image is.
 */
function viewerId(model: StudyModel): string {
  const { study, prior } = model
  const beside = prior ? `${prior.patientId}-${prior.sopInstanceUid}` : previousOf(model)?.id ?? 'alone'
  return ['viewer', readingShown(study), beside, ...shownRegions(study).map(({ id }) => id.slice(0, 8))].join('-')
}

/** The picture: a plain image first, a viewer when viewer.js has come. Nothing is fetched in full before somebody zooms. */
export function imagePart(page: PageContext, model: StudyModel): Html {
  const { t } = page.words
  const { study } = model
  const previous = besideOf(page, model)
  if (!study.reading) return html`<div class="viewer waiting">${icon(study.state === 'failed' ? 'failed' : 'pending')}<p>${t(study.state === 'failed' ? 'viewer.none' : 'viewer.pending')}</p></div>`
  if (study.evicted) return html`<div class="viewer waiting">${icon('box')}<p>${t('viewer.in-archive', { archive: study.evicted.archives.join(', ') })}</p></div>`
  return html`<section class="viewer" id="${viewerId(model)}" hx-morph-skip aria-label="${t('viewer.title')}"><div class="stages">${stage(page, study)}${previous ? beside(previous) : undefined}</div><p id="viewer-help" class="sr">${t('viewer.help')}</p>${tools(page, model, previous)}
<p class="viewer-full"><a href="${source(study, 'full')}">${t('viewer.full')}</a></p></section>`
}
