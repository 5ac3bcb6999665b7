import type { MessageKey } from '../../i18n/catalogues.js'
import { isMessageKey } from '../../i18n/catalogues.js'
import type { PracticeCase } from '../dependencies.js'
import type { Mark } from './badge.js'
import { badge, markOfLevel } from './badge.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

export const PRACTICE_ANSWERS = ['routine', 'soon', 'urgent', 'again'] as const
export type PracticeAnswer = (typeof PRACTICE_ANSWERS)[number]

export type PracticeModel = { readonly number: number; readonly of: number; readonly shown: PracticeCase; readonly answer?: PracticeAnswer }

const markOfAnswer = (answer: PracticeAnswer): Mark => (answer === 'again' ? { tone: 'none', label: 'quality.retake' } : markOfLevel(answer))

function answers(page: PageContext, { number }: PracticeModel): Html {
  return html`<p>${page.words.t('practice.ask')}</p><ul class="plain">${PRACTICE_ANSWERS.map((answer) => html`<li><a class="line practice" href="/practice/${number}?answer=${answer}">${badge(page.words, markOfAnswer(answer))}${icon('next', 'turn')}</a></li>`)}</ul>`
}

/** Right or not, what is to be done, and why. */
function told(page: PageContext, { number, of, shown, answer }: PracticeModel): Html {
  const { t } = page.words
  const right = answer === shown.todo
  const why: MessageKey | undefined = isMessageKey(shown.because) ? shown.because : undefined
  const next = number < of ? html`<a class="button" href="/practice/${number + 1}">${t('practice.next')}</a>` : html`<a class="button" href="/">${t('practice.done')}</a>`
  return html`<div class="banner ${right ? 'good' : 'bad'}" role="status">${icon(right ? 'good' : 'bad')}<span>${t(right ? 'practice.right' : 'practice.wrong')}</span></div><p>${badge(page.words, markOfAnswer(shown.todo))}</p><p class="what-next">${why ? t(why) : ''}</p><p>${next}</p>`
}

/** One generated picture and the question what to do. */
export function practicePage(page: PageContext, model: PracticeModel): Html {
  const { t } = page.words
  const { number, of, shown } = model
  const title = t('practice.title', { number, of })
  const body = html`<div class="banner" role="note">${icon('box')}<span>${t('practice.note')}</span></div>
<figure class="practice-picture"><img src="/practice/${number}/picture" alt="${t(`modality.${shown.modality}`)}" width="800" height="800"></figure><div class="card">${model.answer ? told(page, model) : answers(page, model)}</div>`
  return layout(page, { title, body, back: '/tour', verdicts: true })
}

const STEPS = [['person', 'person'], ['camera', 'capture'], ['eye', 'verdict'], ['question', 'questions'], ['print', 'report']] as const
const MARKS: readonly Mark[] = [markOfLevel('immediate'), markOfLevel('urgent'), markOfLevel('soon'), markOfLevel('routine'), { tone: 'none', label: 'mark.ungradable' }, { tone: 'question', label: 'mark.question' }]

/** How the page is used, in five steps, and what the marks mean. */
export function tourPage(page: PageContext): Html {
  const { t, coded } = page.words
  const steps = STEPS.map(([picture, key]) => html`<li class="card"><h2>${icon(picture)} ${t(`tour.${key}.title`)}</h2><p>${t(`tour.${key}.text`)}</p></li>`)
  const marks = MARKS.map((mark) => html`<li class="line">${badge(page.words, mark)}<span>${coded(`tour.mark.${mark.tone}`, '')}</span></li>`)
  const body = html`<ol class="plain">${steps}</ol><div class="card"><h2>${t('tour.marks')}</h2><ul class="plain">${marks}</ul></div>
<p><a class="button" href="/practice/1">${t('practice.link')}</a> <a class="button quiet" href="/">${t('tour.begin')}</a></p>`
  return layout(page, { title: t('tour.title'), body, back: '/', verdicts: true })
}
