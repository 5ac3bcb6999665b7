import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ok } from '../../../src/domain/result.js'
import type { StudyId } from '../../../src/domain/ids.js'
import { readStudy, startTestWeb } from '../harness.js'

it('sends a frame in full as the reader made it, and 404 where there is none', async () => {
  const folderOf = (id: StudyId): string => web.store.derivedFolder(id)
  await using web = await startTestWeb({
    deps: {
      fullFrame: async ({ id }, frame) => {
        if (frame > 2) return ok(undefined)
        await mkdir(folderOf(id), { recursive: true })
        await writeFile(join(folderOf(id), `full-${frame}.png`), `pixels of frame ${frame}`)
        return ok({ role: 'full', name: `full-${frame}.png`, frame })
      }
    }
  })
  const { id } = await readStudy(web, (await web.newStudy(1)).id)
  const headers = await web.bearer('viewer')
  const get = (query: string) => fetch(`${web.url}/api/v1/studies/${id}/image?${query}`, { headers })
  const answer = await get('size=full&frame=2')
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'image/png', 'pixels of frame 2'])
  expect((await get('size=full&frame=3')).status).toBe(404)
})

it('says what stands in the way when the reader can not make it now', async () => {
  await using web = await startTestWeb()
  const { id } = await readStudy(web, (await web.newStudy(2)).id)
  await web.store.change(id, { by: 'test', event: 'clip' }, (study) => (study.reading ? { ...study, reading: { ...study.reading, image: { ...study.reading.image, frames: 2 } } } : study))
  const answer = await fetch(`${web.url}/api/v1/studies/${id}/image?frame=1`, { headers: await web.bearer('viewer') })
  expect([answer.status, await answer.json()]).toEqual([503, { error: { code: 'reader-unavailable', message: 'No reader in this test.' } }])
})
