import type { Laterality } from '../../domain/image-content.js'
import type { Patient } from '../../domain/patient.js'
import { EYE_EXCUSES } from '../../domain/patient.js'
import type { StudySummary } from '../../domain/study.js'
import type { Words } from '../../i18n/words.js'
import type { EyesVerdict, EyeState } from '../../programmes/eyes.js'
import { ENOUGH_TRIES } from '../../programmes/eyes.js'
import type { Mark } from './badge.js'
import { badge, markOf, markOfLevel } from './badge.js'
import { adviceText, whenText } from './describe.js'
import { choices, postForm, revisionField } from './form.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import type { PageContext } from './page.js'
import { can } from './page.js'

/** As one looks at the person: their right eye on the left. */
const SIDES: readonly Laterality[] = ['R', 'L']

/** How both eyes together are shown. */
export function eyesMark({ verdict, level }: EyesVerdict): Mark {
  if (verdict === 'incomplete') return { tone: 'none', label: 'mark.incomplete' }
  if (verdict === 'refer-ungradable') return { tone: 'none', label: 'mark.ungradable' }
  return verdict === 'waiting' ? { tone: 'pending', label: 'mark.pending' } : markOfLevel(level)
}

/** A clear eye by itself: no word of the person, whose other eye may not be seen. */
export const EYE_CLEAR: Mark = { tone: 'routine', label: 'mark.eye-clear' }

/** One sentence for both eyes: what to do next. A referral speaks in the words of the eye that asks for it. */
export const eyesText = (words: Words, { text, code, worst }: EyesVerdict): string => (worst ? adviceText(words, text, code) : words.coded(`triage.${code}`, text))

const needsPhoto = ({ status }: EyeState): boolean => status === 'missing' || status === 'ungradable'

/** The way to the photo that is missing or has to be taken again; nothing once referring is better than trying. */
export function takeEyes(page: PageContext, patientId: string, eyes: EyesVerdict): Html | undefined {
  const wanted = SIDES.filter((side) => needsPhoto(eyes.eyes[side]))
  if (!can(page, 'capture') || wanted.length === 0) return undefined
  return html`<p>${wanted.map((side) => html`<a class="button${eyes.eyes[side].tries >= ENOUGH_TRIES ? ' quiet' : ''}" href="/capture?patient=${patientId}&amp;eye=${side}">${icon('camera')} ${page.words.t(`eyes.take.${side}`)}</a> `)}</p>`
}

/** The verdict of both eyes, in colour, icon and word, with one sentence of what to do next. */
export function eyesCard(page: PageContext, patient: Patient, eyes: EyesVerdict): Html {
  const { t } = page.words
  const mark = eyesMark(eyes)
  const unsided = eyes.unsided > 0 ? html`<p class="error">${t('eyes.unsided', { count: eyes.unsided })}</p>` : undefined
  return html`<section class="card verdict ${mark.tone}" id="eyes"><div class="verdict-head">${badge(page.words, mark)}<h2>${t('eyes.title')}</h2></div>
<p class="what-next"><bdi>${eyesText(page.words, eyes)}</bdi></p>${unsided}${takeEyes(page, patient.id, eyes)}</section>`
}

export type EyesModel = { readonly patient: Patient; readonly eyes: EyesVerdict; readonly studies: readonly StudySummary[] }

/** The photo that decides for an eye, or what is said in its place. */
function photoOf(page: PageContext, { eyes, studies }: EyesModel, side: Laterality): Html {
  const { words } = page
  const { by, excuse, tries } = eyes.eyes[side]
  const summary = studies.find(({ id }) => id === by?.id)
  const failed = tries > 0 ? html`<small>${words.t('eyes.tries', { count: tries })}</small>` : undefined
  if (excuse) return html`<p class="hint">${icon('good')} ${words.t(`eyes.excuse.${excuse}`)}</p>${failed}`
  if (!summary || !by) return html`<p class="hint">${words.t('patient.no-eye')}</p>`
  const isDone = eyes.verdict === 'not-referable'
  const mark: Mark = by.outcome === 'useless' ? { tone: 'none', label: 'mark.ungradable' } : by.outcome === 'clear' && !isDone ? EYE_CLEAR : markOf(summary)
  return html`<a href="/studies/${summary.id}"><img src="/api/v1/studies/${summary.id}/image?size=tablet" alt="${words.t(`eye.${side}`)}" width="400" height="400" loading="lazy">${badge(words, mark)}<span>${whenText(words, summary.receivedAt, page.now)}</span>${failed}</a>`
}

/** Why there is no photo: asked only where one is missing, and can be taken back. */
function excuseForm(page: PageContext, { patient, eyes }: EyesModel, side: Laterality): Html | undefined {
  const { t, date } = page.words
  const given = patient.eyeExcuses?.[side]
  if (!can(page, 'capture') || (!needsPhoto(eyes.eyes[side]) && !eyes.eyes[side].excuse)) return undefined
  const options = [...EYE_EXCUSES.map((value) => ({ value, label: t(`eyes.excuse.${value}`), checked: given?.excuse === value })), ...(given ? [{ value: '', label: t('eyes.excuse.none') }] : [])]
  const said = given ? html`<p class="hint">${t('eyes.excused-by', { by: given.by, day: date(given.at) })}</p>` : undefined
  const body = html`${revisionField(patient.revision)}<input type="hidden" name="side" value="${side}">${choices('excuse', t('eyes.excuse'), options, true)}<button class="quiet">${t('eyes.excuse.save')}</button>`
  return html`<details class="minor"><summary>${t('eyes.excuse')}</summary>${said}${postForm(page, `/patients/${patient.id}/eyes`, body)}</details>`
}

/** Both eyes side by side, each with the photo that decides. */
export function eyesSideBySide(page: PageContext, model: EyesModel): Html {
  return html`<div class="eyes" dir="ltr">${SIDES.map((side) =>
    html`<div class="eye" dir="${page.words.direction}"><h2>${page.words.t(`eye.${side}`)}</h2>${photoOf(page, model, side)}${excuseForm(page, model, side)}</div>`)}</div>`
}
