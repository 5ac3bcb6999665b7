import { expect, it } from 'vitest'
import { readStudy, startTestWeb } from '../harness.js'

it.each([
  ['stood in 1970', '1970-01-01T00:10:00.000Z'],
  ['was ahead', '2099-01-01T00:00:00.000Z']
])('the work list asks about a referral whose image came by a clock that %s, and nobody knows when', async (_how, receivedAt) => {
  await using web = await startTestWeb()
  const { id } = await web.newStudy(1)
  await readStudy(web, id)
  await web.store.change(id, { by: 'system', event: 'test' }, (study) => ({ ...study, receivedAt, timeUncertain: true, triage: { level: 'urgent', text: 'Refer.' } }))
  const headers = { ...(await web.bearer('clinician')), accept: 'text/html' }
  expect(await (await fetch(`${web.url}/work`, { headers })).text()).toContain(`/studies/${id}`)
})
