import { secondReadOf } from '../../../domain/second-read.js'
import type { ReviewDecision, Study } from '../../../domain/study.js'
import { badge, markOfLevel } from '../badge.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import type { StudyModel } from './model.js'

function said(page: PageContext, { triage }: Study, { by, action, triage: own, reason }: ReviewDecision): Html {
  const what = action === 'reject' ? html`<strong>${page.words.t('review.rejected')}</strong>` : badge(page.words, markOfLevel(own?.level ?? triage?.level ?? 'none'))
  return html`<li><bdi>${by}</bdi>: ${what}${reason ? html` <q><bdi>${reason}</bdi></q>` : undefined}</li>`
}

/** How far the reading by two people is, and what each said once both have. */
export function readersPart(page: PageContext, model: StudyModel): Html | undefined {
  const { t } = page.words
  if (model.blind) return html`<p class="banner" role="note">${icon('person')}<span>${t('review.blind')}</span></p>`
  const read = secondReadOf(model.study)
  if (!read) return undefined
  if (read.state === 'wanted' || !read.second) return html`<p class="hint">${icon('person')} ${t('review.second-wanted')}</p>`
  return html`<div class="readers${read.state === 'discordant' ? ' apart' : ''}"><p>${icon(read.state === 'discordant' ? 'bad' : 'good')} <strong>${t(`review.${read.state}`)}</strong></p><ul class="plain">${said(page, model.study, read.first)}${said(page, model.study, read.second)}</ul></div>`
}
