import type { OfferView, PackStatus } from '../dependencies.js'
import { problemText, whenText } from './describe.js'
import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import type { PageContext } from './page.js'
import { can } from './page.js'

type Contents = NonNullable<OfferView['contents']>

/** What the centre offers, before any of it is used: who signed it, what is in it, and the administrator's decision. */
export function offerSection(page: PageContext, offer: OfferView, inService: readonly PackStatus[]): Html {
  const { t } = page.words
  const body = offer.problem ? html`<p class="error"><bdi>${problemText(page.words, offer.problem)}</bdi></p><p>${t('offer.bad')}</p>` : offer.contents ? contents(page, offer.contents, inService) : undefined
  return html`<section class="card${offer.decision ? '' : ' warn'}" id="offer"><h2>${icon('box')} ${t('offer.title')}</h2>${body}${decision(page, offer)}</section>`
}

function contents(page: PageContext, { from, createdAt, serial, signedBy, packs, thresholds }: Contents, inService: readonly PackStatus[]): Html {
  const { words } = page
  const { t } = words
  const now = (id: string): PackStatus | undefined => inService.find((pack) => pack.id === id && pack.inService)
  const nameOf = (id: string): string => words.coded(`pack.${inService.find((pack) => pack.id === id)?.modality ?? ''}`, id)
  return html`<p>${t('offer.what')}</p><ul class="plain">
<li class="line"><span>${t('offer.from')}</span><span><bdi>${from}</bdi> · ${whenText(words, createdAt, page.now)}</span></li>
<li class="line"><span>${t('offer.number')}</span><span>${serial}</span></li>
<li class="line"><span>${t('offer.key')}</span><code>${signedBy}</code></li>
${packs.map(({ id, version }) => html`<li class="line"><span><strong>${nameOf(id)}</strong><br><small>${id}</small></span><span>${t('offer.pack', { version, now: now(id)?.version ?? t('offer.none') })}</span></li>`)}
${thresholds.map((id) => html`<li class="line"><span><strong>${nameOf(id)}</strong><br><small>${id}</small></span><span>${t('offer.threshold')}</span></li>`)}</ul>`
}

function decision(page: PageContext, { sha256, decision: decided, problem }: OfferView): Html | undefined {
  const { t } = page.words
  if (decided) return html`<p class="hint">${t(decided === 'accepted' ? 'offer.accepted' : 'offer.refused')}</p>${decided === 'refused' && !problem ? buttons(page, sha256, ['accepted']) : undefined}`
  if (!can(page, 'configure')) return html`<p class="hint">${t('offer.ask-admin')}</p>`
  return buttons(page, sha256, problem ? ['refused'] : ['accepted', 'refused'])
}

const buttons = (page: PageContext, sha256: string, which: readonly ('accepted' | 'refused')[]): Html | undefined => (can(page, 'configure')
  ? html`<form method="post" action="/system/offer" class="inline"><input type="hidden" name="_csrf" value="${page.csrf}"><input type="hidden" name="sha256" value="${sha256}">${which.map((one) => html`<button${one === 'refused' ? html` class="quiet"` : undefined} name="decision" value="${one}">${page.words.t(one === 'accepted' ? 'offer.accept' : 'offer.refuse')}</button> `)}</form>`
  : undefined)
