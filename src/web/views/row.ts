import type { Patient } from '../../domain/patient.js'
import type { StudySummary } from '../../domain/study.js'
import type { EyesVerdict } from '../../programmes/eyes.js'
import { badge } from './badge.js'
import { kindOfImage, modalityIcon, shortFacts, whenText } from './describe.js'
import type { LineSaid } from './eye-line.js'
import { saidOfLine } from './eye-line.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import type { PageContext } from './page.js'
import { can } from './page.js'

/** One line of the list: a study, its patient, when it has one, and what both eyes say, when it is a photo of one. */
export type StudyRow = { readonly summary: StudySummary; readonly patient?: Patient; readonly eyes?: EyesVerdict }

/** A picture exists once the object has been read. */
const hasThumbnail = (summary: StudySummary): boolean => summary.state === 'ready' || summary.state === 'needs-input'

function thumbnail(summary: StudySummary): Html {
  if (!hasThumbnail(summary)) return html`<span class="thumb">${icon(modalityIcon(summary.modality))}</span>`
  return html`<span class="thumb"><img src="/api/v1/studies/${summary.id}/thumbnail" alt="" width="80" height="80" loading="lazy" decoding="async"></span>`
}

/** What the first reader decided is not told to who may be the second. */
const isSecondReader = (page: PageContext, { second }: StudySummary): boolean =>
  second?.state === 'wanted' && can(page, 'review') && second.first !== page.caller?.id

/** A verdict that stands beside an open question: the badge says only the verdict. */
export const askedBeside = ({ words }: PageContext, { asked, awaitsAge, state }: StudySummary): Html | undefined =>
  (asked && !awaitsAge && state !== 'needs-input' ? html`${icon('question')} <strong>${words.t('mark.question')}</strong>` : undefined)

/** What a line says to who looks at it. */
export const saidTo = (page: PageContext, { summary, eyes }: StudyRow): LineSaid =>
  (isSecondReader(page, summary) ? { mark: { tone: 'question', label: 'mark.second' }, next: page.words.t('next.second') } : saidOfLine(page.words, summary, eyes))

/** A name reads from its own side; nothing of it is cut off, nor of what tells two people of one name apart. */
function who({ words, now }: PageContext, patient: Patient | undefined): Html {
  if (!patient) return html`<strong class="nobody">${words.t('row.whose')}</strong>`
  const facts = shortFacts(words, patient, now)
  return html`<strong dir="auto">${patient.name}</strong>${facts ? html`<small><bdi>${facts}</bdi></small>` : undefined}`
}

/** One study as a list item that is one large link; its `id` is `s-<study id>`, so a newer version can replace it. */
export function studyRow(page: PageContext, row: StudyRow): Html {
  const { words } = page
  const { summary } = row
  const said = saidTo(page, row)
  const { mark } = said
  const own = said.own ? html` · <bdi>${said.own}</bdi>` : undefined
  const asked = askedBeside(page, summary)
  return html`<li id="s-${summary.id}" class="row ${mark.tone}"><a href="/studies/${summary.id}">${thumbnail(summary)}
<span class="row-who">${who(page, row.patient)}</span>${badge(words, mark)}
<span class="row-what">${icon(modalityIcon(summary.modality))} ${kindOfImage(words, summary.modality, summary.laterality)} · <time datetime="${summary.receivedAt}">${whenText(words, summary.receivedAt, page.now)}</time>${summary.reviewed ? html` · ${icon('good')} ${words.t('row.reviewed')}` : undefined}${summary.overread ? html` · ${icon('person')} <strong>${words.t('row.overread')}</strong>` : undefined}${asked ? html` · ${asked}` : undefined}${own}</span>
<span class="row-next"><bdi>${said.next}</bdi></span></a></li>`
}
