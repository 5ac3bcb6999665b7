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

it('the work list calls back in three months whose form says pregnant at one of the photos of both eyes, whichever came last', async () => {
  await using web = await startTestWeb()
  const registered = await web.deps.patients.register({ name: 'Phantom Person' }, 'nurse')
  if (!registered.ok) throw new Error('not registered')
  const patientId = registered.value.id
  const receivedAt = new Date(Date.now() - 85 * 86_400_000).toISOString()
  const answers = { programme: 'diabetic-retinopathy', version: 1, at: receivedAt, by: 'nurse', answers: { pregnancy: 'yes' }, escalations: [{ level: 'soon', text: 'Have the eyes examined in this trimester.', code: 'dr-pregnancy' }] } as const
  for (const [n, laterality] of (['R', 'L'] as const).entries()) {
    const { id } = await web.newStudy(n)
    await readStudy(web, id)
    await web.store.change(id, { by: 'system', event: 'test' }, (study) => ({ ...study, patientId, modality: 'fundus', laterality, receivedAt, triage: { level: 'routine', text: 'Photograph again in 12 months.' }, ...(laterality === 'R' ? { programmeAnswers: answers } : {}) }))
  }
  const headers = { ...(await web.bearer('clinician')), accept: 'text/html' }
  expect(await (await fetch(`${web.url}/work`, { headers })).text()).toContain(`<a class="line" href="/patients/${patientId}">`)
})
