import type { Overread } from '../../../domain/overread.js'
import { overreadsInForce } from '../../../domain/overread.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import type { StudyModel } from './model.js'

function one(page: PageContext, { author, writtenOn, at, final, lines, of }: Overread): Html {
  const { t, date } = page.words
  const said = lines.map(({ about, text }) => html`<li>${about ? html`<small><bdi>${about}</bdi></small><br>` : undefined}<strong><bdi>${text}</bdi></strong></li>`)
  const another = of === undefined ? undefined : html`<p class="error">${t('overread.of-another')}</p>`
  return html`${another}<p>${icon(final ? 'good' : 'pending')} ${t(final ? 'overread.final' : 'overread.preliminary')}</p><ul class="plain">${said}</ul>
<p><small>${author ? html`<bdi>${author}</bdi> · ` : undefined}${date(writtenOn ?? at)}</small></p>`
}

/** What the centre wrote of it, as it stands there: it comes before everything that the box says of the picture. Of what was written while the image was another person's that is said first. */
export function overreadPart(page: PageContext, { study }: StudyModel): Html | undefined {
  const all = overreadsInForce(study)
  if (all.length === 0) return undefined
  return html`<section class="card" id="overread"><h2>${icon('person')} ${page.words.t('overread.title')}</h2>${all.map((each) => one(page, each))}<p class="hint">${page.words.t('overread.hint')}</p></section>`
}

/** Above the picture, where a nurse looks first: the centre has written of this person, and the way to what it wrote. */
export function overreadNote(page: PageContext, { study }: StudyModel): Html | undefined {
  const [newest] = overreadsInForce(study).filter(({ of }) => of === undefined)
  return newest && html`<p class="banner" role="note">${icon('person')}<a href="#overread">${page.words.t('overread.title')}: <bdi>${newest.lines.at(-1)?.text.slice(0, 120) ?? ''}</bdi></a></p>`
}
