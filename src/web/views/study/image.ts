import type { DerivedFile } from '../../../domain/reading.js'
import type { Study } from '../../../domain/study.js'
import { kindOfImage } from '../describe.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import type { IconName } from '../icon.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import type { MessageKey } from '../../../i18n/catalogues.js'

const source = (study: Study, size: 'tablet' | 'full', frame = 0): string =>
  `/api/v1/studies/${study.id}/image?size=${size}&frame=${frame}`

const heatmapOf = (study: Study): DerivedFile | undefined => study.reading?.derived.find((file) => file.role === 'heatmap')

const SWITCHES: readonly string[] = ['window', 'invert', 'heat', 'play']

function tool(page: PageContext, act: string, name: IconName, key: MessageKey): Html {
  const state = attribute('aria-pressed', SWITCHES.includes(act) ? 'false' : undefined)
  return html`<button type="button" data-act="${act}"${state} title="${page.words.t(key)}">${icon(name)}<span>${page.words.t(key)}</span></button>`
}

function slider(name: string, label: string, limits: { min: number; max: number; value: number }): Html {
  return html`<label class="slider"><span>${label}</span><input type="range" data-act="${name}" min="${limits.min}" max="${limits.max}" value="${limits.value}"></label>`
}

/** Filled by viewer.js only; hidden until it runs, so nothing is offered that would not work. */
function tools(page: PageContext, study: Study): Html {
  const frames = study.reading?.image.frames ?? 1
  const { t } = page.words
  return html`<div class="tools" role="toolbar" aria-label="${t('viewer.tools')}" hidden>
${tool(page, 'in', 'zoom-in', 'viewer.zoom-in')}${tool(page, 'out', 'zoom-out', 'viewer.zoom-out')}${tool(page, 'window', 'contrast', 'viewer.window')}
${tool(page, 'invert', 'invert', 'viewer.invert')}${tool(page, 'rotate', 'rotate', 'viewer.rotate')}${heatmapOf(study) ? tool(page, 'heat', 'heat', 'viewer.heat') : undefined}${tool(page, 'reset', 'fit', 'viewer.reset')}
<div class="tool-row" data-for="window" hidden>${slider('bright', t('viewer.brightness'), { min: 1, max: 100, value: 50 })}${slider('width', t('viewer.width'), { min: 4, max: 100, value: 100 })}</div>
${heatmapOf(study) ? html`<div class="tool-row" data-for="heat" hidden>${slider('opacity', t('viewer.opacity'), { min: 0, max: 100, value: 55 })}<p class="hint">${t('viewer.heat-note')}</p></div>` : undefined}
${frames > 1 ? html`<div class="tool-row">${tool(page, 'play', 'play', 'viewer.play')}${slider('frame', t('viewer.frame'), { min: 1, max: frames, value: 1 })}<output data-out="frame">1 / ${frames}</output></div>` : undefined}</div>`
}

function stage(page: PageContext, study: Study): Html {
  const reading = study.reading
  const label = kindOfImage(page.words, study.modality, study.laterality)
  const size = reading ? [attribute('width', reading.image.width), attribute('height', reading.image.height)] : undefined
  const heat = heatmapOf(study) ? attribute('data-heat', `/api/v1/studies/${study.id}/heatmap`) : undefined
  return html`<div class="stage" id="stage" tabindex="0" role="application" aria-label="${page.words.t('viewer.label', { image: label })}" aria-describedby="viewer-help"
 data-image="/api/v1/studies/${study.id}/image" data-frames="${reading?.image.frames ?? 1}"${heat}>
<div class="sheet"><img src="${source(study, 'tablet')}" alt="${label}"${size} fetchpriority="high"></div></div>`
}

/** The picture: a plain image first, a viewer when viewer.js has come. Nothing is fetched in full before somebody zooms. */
export function imagePart(page: PageContext, study: Study): Html {
  const { t } = page.words
  if (!study.reading) return html`<div class="viewer waiting">${icon(study.state === 'failed' ? 'failed' : 'pending')}<p>${t(study.state === 'failed' ? 'viewer.none' : 'viewer.pending')}</p></div>`
  return html`<section class="viewer" id="viewer" hx-morph-skip aria-label="${t('viewer.title')}">${stage(page, study)}<p id="viewer-help" class="sr">${t('viewer.help')}</p>${tools(page, study)}
<p class="viewer-full"><a href="${source(study, 'full')}">${t('viewer.full')}</a></p></section>`
}
