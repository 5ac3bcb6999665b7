import { expect, it } from 'vitest'
import { readStudy, startTestWeb } from '../harness.js'

it('says where an image is that has left this device, and shows no broken picture', async () => {
  await using web = await startTestWeb()
  const { id } = await web.newStudy(1)
  await readStudy(web, id)
  await web.store.change(id, { by: 'system', event: 'image-evicted' }, (study) => ({ ...study, evicted: { at: '2026-01-01T00:00:00.000Z', archives: ['pacs'] } }))
  const headers = await web.bearer('clinician')
  for (const part of ['image?size=tablet', 'image?size=full', 'thumbnail', 'object']) {
    const answer = await fetch(`${web.url}/api/v1/studies/${id}/${part}`, { headers })
    expect([answer.status, await answer.text()]).toEqual([410, expect.stringContaining('image-in-archive')])
  }
  const page = await (await fetch(`${web.url}/studies/${id}`, { headers: { ...headers, accept: 'text/html' } })).text()
  expect(page).toContain('The image is kept by pacs and no longer on this device.')
  expect(page).not.toContain('Correct it and read again')
  const corrected = await fetch(`${web.url}/api/v1/studies/${id}/answer`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ laterality: 'R' }) })
  expect([corrected.status, await corrected.json()]).toMatchObject([200, { state: 'ready', answers: { laterality: 'R' } }])
})
