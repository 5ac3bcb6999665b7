import type { Study } from '../../../domain/study.js'
import { sizeText } from '../describe.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageContext } from '../page.js'

/** Who did what and when, newest first. */
export function historyPart(page: PageContext, study: Study): Html {
  const { t, coded, date, time } = page.words
  const lines = study.history.toReversed().map((entry) =>
    html`<li><time datetime="${entry.at}">${date(entry.at)} ${time(entry.at)}</time> ${coded(`event.${entry.event}`, entry.event)} · <bdi>${entry.by}</bdi></li>`)
  return html`<details class="minor"><summary>${t('study.history')}</summary><ol class="plain history">${lines}</ol></details>`
}

/** Which model said so and what was received: small print for the person who has to explain a result. */
export function smallPrint(page: PageContext, study: Study): Html {
  const { t, number, date, time } = page.words
  const { reading, object } = study
  const rows: (readonly [string, string] | undefined)[] = [
    [t('print.id'), study.id],
    [t('print.received'), `${date(study.receivedAt)} ${time(study.receivedAt)}${study.timeUncertain ? ` (${t('print.time-uncertain')})` : ''}`],
    [t('print.from'), study.source.deviceId],
    reading?.pack ? [t('print.pack'), `${reading.pack.id} ${reading.pack.version} · ${reading.pack.sha256.slice(0, 12)}`] : undefined,
    reading ? [t('print.provider'), `${reading.provider} · ${t('print.ms', { count: Math.round(reading.timingMs.total) })}`] : undefined,
    reading ? [t('print.image'), `${number(reading.image.width)} × ${number(reading.image.height)} · ${object.content} · ${sizeText(page.words, object.bytes)}`] : undefined
  ]
  return html`<details class="minor"><summary>${t('print.title')}</summary><dl class="print">${rows.map((row) => row && html`<dt>${row[0]}</dt><dd>${row[1]}</dd>`)}</dl></details>`
}
