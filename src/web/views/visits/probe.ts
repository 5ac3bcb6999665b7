import type { ProbeReport } from '../../../domain/device-report.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import { layout } from '../layout.js'
import type { PageContext } from '../page.js'

/** What the test of a device found, shown in place below its button. Sentences are for technicians, in English. */
export function probeResult(page: PageContext, deviceId: string, report: ProbeReport): Html {
  const { t, translated } = page.words
  const sentences = report.sentences.map((sentence) => html`<li>${sentence}</li>`)
  const problem = report.problem && html`<p>${translated(`problem.${report.problem.code}`, report.problem.message)}</p>`
  return html`<div class="probe ${report.ok ? 'good' : 'bad'}" id="probe-${deviceId}" role="status"><p><strong>${icon(report.ok ? 'good' : 'bad')} ${deviceId}: ${t(report.ok ? 'device.test-good' : 'device.test-bad')}</strong></p>${problem}<ul>${sentences}</ul></div>`
}

/** The same on a page of its own, for a browser without JavaScript. */
export const probePage = (page: PageContext, deviceId: string, report: ProbeReport): Html =>
  layout(page, { title: page.words.t('device.test'), body: html`<div class="card">${probeResult(page, deviceId, report)}</div>`, back: '/system' })
