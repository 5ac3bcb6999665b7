import type { DayCount, UngradableRate } from '../clinic-figures.js'
import type { Html } from './html.js'
import { html } from './html.js'
import type { PageContext } from './page.js'

const BAR = 10
const HIGH = 60
const LEVELS = ['urgent', 'soon', 'none', 'routine'] as const

/** Images a day, stacked by urgency with the most urgent at the bottom; the table under it says the same to everybody. */
export function dayPlot(page: PageContext, days: readonly DayCount[]): Html {
  const { words } = page
  const most = Math.max(1, ...days.map(({ urgent, soon, routine, none }) => urgent + soon + routine + none))
  const bars = days.map((day, index) => {
    let y = HIGH
    return LEVELS.map((level) => {
      const height = (day[level] / most) * HIGH
      y -= height
      return height > 0 ? html`<rect class="${level}" x="${index * BAR + 1}" y="${y}" width="${BAR - 2}" height="${height}"></rect>` : undefined
    })
  })
  const label = words.t('work.plot', { count: days.length })
  return html`<figure class="plot"><svg viewBox="0 -2 ${days.length * BAR} ${HIGH + 4}" preserveAspectRatio="none" role="img" aria-label="${label}"><path d="M0 ${HIGH}H${days.length * BAR}"></path>${bars}</svg>
<figcaption><span>${words.date(`${days[0]?.day ?? ''}T12:00:00.000Z`)}</span><span>${words.t('work.most', { count: most })}</span><span>${words.date(`${days.at(-1)?.day ?? ''}T12:00:00.000Z`)}</span></figcaption></figure>
<ul class="legend">${LEVELS.map((level) => html`<li><span class="swatch ${level}" aria-hidden="true"></span>${words.t(`level.${level}`)}: ${words.number(days.reduce((sum, day) => sum + day[level], 0))}</li>`)}</ul>`
}

/** More than one in five is a sign that something is wrong with the camera or how it is used (Google's field trial had that rate). */
const TOO_MANY = 0.2

/** One bar each, as long as the share that could not be graded. */
export function ratePlot(page: PageContext, rates: readonly UngradableRate[]): Html {
  const { words } = page
  return html`<ul class="plain rates">${rates.slice(0, 8).map(({ name, images, ungradable }) => {
    const share = ungradable / images
    return html`<li><span class="rate-name"><bdi>${name}</bdi></span><svg class="rate ${share > TOO_MANY ? 'bad' : 'good'}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"></rect><rect class="value" width="${Math.round(share * 1000) / 10}" height="8"></rect></svg><span>${words.t('work.rate', { percent: words.number(share * 100), ungradable: words.number(ungradable), images: words.number(images) })}</span></li>`
  })}</ul>`
}
