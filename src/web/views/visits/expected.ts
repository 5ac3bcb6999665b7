import type { Patient } from '../../../domain/patient.js'
import type { WorklistItem } from '../../../domain/worklist.js'
import { postForm } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageContext } from '../page.js'

/** Somebody whom the centre sends today. */
export type ExpectedPerson = { readonly item: WorklistItem; readonly what: readonly string[]; readonly patient?: Patient }

function expectedLine(page: PageContext, { item, what, patient }: ExpectedPerson): Html {
  const { t } = page.words
  const facts = [item.time, item.patientId, item.birthDate, item.sex === undefined ? undefined : t(`sex.${item.sex}`), ...what].filter((fact) => fact !== undefined && fact !== '').join(' · ')
  const body = html`<input type="hidden" name="number" value="${item.patientId}"><button class="line"><span><strong><bdi>${patient?.name ?? item.patientName}</bdi></strong><br><small><bdi>${facts}</bdi></small></span><span class="do">${t(patient ? 'visits.open' : 'visits.register-open')}</span></button>`
  return html`<li>${postForm(page, '/visits/expected', body)}</li>`
}

/** The centre's orders of today, one tap each: who is registered gets a visit, who is not is registered first. */
export const expectedPart = (page: PageContext, expected: readonly ExpectedPerson[]): Html | undefined =>
  expected.length === 0 ? undefined : html`<h3>${page.words.t('visits.expected')}</h3><ul class="plain people">${expected.map((each) => expectedLine(page, each))}</ul>`
