import type { Delivery } from '../../../domain/delivery.js'
import type { Study } from '../../../domain/study.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { sendingProblem } from '../problem.js'

const GOOD: ReadonlySet<string> = new Set(['accepted', 'accepted-with-warning', 'committed'])
const BAD: ReadonlySet<string> = new Set(['needs-person', 'needs-correction'])

const tone = ({ state }: Delivery): 'good' | 'bad' | 'idle' => (GOOD.has(state) ? 'good' : BAD.has(state) ? 'bad' : 'idle')

function line(page: PageContext, delivery: Delivery): Html {
  const { t, coded } = page.words
  const mark = { good: 'good', bad: 'bad', idle: 'pending' } as const
  const why = delivery.problem && BAD.has(delivery.state) ? html`<br><span class="error">${sendingProblem(page.words, delivery.problem)}</span>` : undefined
  return html`<li class="line"><span>${t(`uplink.kind.${delivery.kind}`)}${why}</span><span class="status ${tone(delivery)}">${icon(mark[tone(delivery)])} ${coded(`delivery.${delivery.state}`, delivery.state)}</span></li>`
}

/** Whether this result has reached the centre, object by object; what a later one replaced is left out. */
export function deliveryPart(page: PageContext, { deliveries = [] }: Study): Html | undefined {
  const current = deliveries.filter(({ state }) => state !== 'superseded' && state !== 'withdrawn')
  if (current.length === 0) return undefined
  const destinations = [...new Set(current.map(({ destination }) => destination))]
  const needed = current.some(({ state }) => BAD.has(state))
  return html`<details class="minor"${attribute('open', needed)}><summary>${page.words.t('study.delivery')}</summary>${destinations.map((id) => html`<h3><a href="/uplink">${id}</a></h3>
<ul class="plain">${current.filter(({ destination }) => destination === id).map((one) => line(page, one))}</ul>`)}</details>`
}
