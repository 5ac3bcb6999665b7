import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import type { Prior } from '../../../src/domain/prior.js'
import { PriorShelf } from '../../../src/uplink/inbound/prior-shelf.js'
import { readStudy, startTestWeb, type TestWeb } from '../harness.js'

const priorOf = (patientId: string, more: Partial<Prior> = {}): Prior => ({
  formatVersion: 1, patientId, person: { patientId: 'C-0042', patientName: 'Person^Phantom', patientBirthDate: '19610517' }, sopInstanceUid: '2.25.1', studyInstanceUid: '2.25.2', modality: 'fundus', laterality: 'R',
  takenOn: '2024-02-06', from: 'pacs', fetchedAt: '2026-01-01T00:00:00.000Z', ...more
})

async function clinic(web: TestWeb, shelf: PriorShelf) {
  const registered = await web.deps.patients.register({ name: 'Phantom Person', identifier: 'C-0042', birthDate: '1961-05-17' }, 'amina')
  if (!registered.ok) throw new Error(registered.error.message)
  const patientId = registered.value.id
  const keep = async (prior: Prior): Promise<void> => {
    await shelf.room(patientId)
    await writeFile(shelf.picture(prior), await sharp({ create: { width: 8, height: 8, channels: 3, background: '#844' } }).png().toBuffer())
    await shelf.put(prior)
  }
  const study = async (n: number): Promise<string> => {
    const { id } = await web.newStudy(n)
    await readStudy(web, id)
    await web.store.change(id, { by: 'amina', event: 'attached' }, (now) => ({ ...now, patientId, laterality: 'R' }))
    return id
  }
  const headers = await web.bearer('clinician')
  const page = async (id: string): Promise<string> => (await fetch(`${web.url}/studies/${id}`, { headers: { ...headers, accept: 'text/html' } })).text()
  const picture = (id: string): Promise<Response> => fetch(`${web.url}/api/v1/studies/${id}/prior`, { headers })
  return { patientId, keep, study, page, picture }
}

it('lays the image from the centre beside the new one, of the same eye alone, with its date and where it is from', async () => {
  const shelf: { at?: PriorShelf } = {}
  await using web = await startTestWeb({ deps: { priors: { of: (patient) => shelf.at!.of(patient), picture: (prior) => shelf.at!.picture(prior) } } })
  shelf.at = new PriorShelf(join(web.folder, 'priors'))
  const { patientId, keep, study, page, picture } = await clinic(web, shelf.at)
  const id = await study(1)
  await keep(priorOf(patientId, { sopInstanceUid: '2.25.9', laterality: 'L' }))
  expect([(await picture(id)).status, (await page(id)).includes('data-act="previous"')]).toEqual([404, false])
  await keep(priorOf(patientId))
  const shown = await page(id)
  expect(shown).toContain('Earlier image, 6 Feb 2024, from the centre')
  expect(shown).toContain(`data-image="/api/v1/studies/${id}/prior"`)
  const answer = await picture(id)
  expect([answer.status, answer.headers.get('content-type'), (await sharp(Buffer.from(await answer.arrayBuffer())).metadata()).width]).toEqual([200, 'image/png', 8])
  const damaged = await readFile(shelf.at.picture(priorOf(patientId)))
  damaged[damaged.length >> 1]! ^= 1
  await writeFile(shelf.at.picture(priorOf(patientId)), damaged)
  expect((await picture(id)).status).toBe(404)
  await keep(priorOf(patientId))
  const nurse = await web.bearer('viewer')
  expect((await fetch(`${web.url}/api/v1/studies/${id}/prior`)).status).toBe(401)
  expect((await fetch(`${web.url}/api/v1/studies/${id}/prior`, { headers: nurse })).status).toBe(200)
})

it('an image of this appliance that is newer stays the one before; a list never has the centre’s', async () => {
  const shelf: { at?: PriorShelf } = {}
  await using web = await startTestWeb({ deps: { priors: { of: (patient) => shelf.at!.of(patient), picture: (prior) => shelf.at!.picture(prior) } } })
  shelf.at = new PriorShelf(join(web.folder, 'priors'))
  const { patientId, keep, study, page } = await clinic(web, shelf.at)
  const first = await study(1)
  const second = await study(2)
  await keep(priorOf(patientId))
  expect(await page(second)).toContain(`data-image="/api/v1/studies/${first}/image`)
  expect(await page(second)).not.toContain('from the centre')
  expect(web.store.counts().total).toBe(2)
})
