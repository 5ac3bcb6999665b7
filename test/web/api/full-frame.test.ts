import { readdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { ok } from '../../../src/domain/result.js'
import type { Study } from '../../../src/domain/study.js'
import type { RenderFrame } from '../../../src/web/dependencies.js'
import { readStudy, startTestWeb } from '../harness.js'

const asClip = (study: Study): Study => (study.reading ? { ...study, reading: { ...study.reading, image: { ...study.reading.image, frames: 3 } } } : study)

it('gives any frame of a clip in full: makes it once, whole, and knows its end', async () => {
  const asked: RenderFrame[] = []
  const render = async (frame: RenderFrame) => {
    asked.push(frame)
    await writeFile(frame.target, `pixels of frame ${frame.frame}`)
    return ok(frame.target)
  }
  await using web = await startTestWeb({ deps: { reader: { status: () => ({ provider: 'cpu', alive: true, restarts: 0, packs: [] }), render } } })
  const { id } = await readStudy(web, (await web.newStudy(1)).id)
  await web.store.change(id, { by: 'test', event: 'clip' }, asClip)
  const headers = await web.bearer('viewer')
  const get = (query: string) => fetch(`${web.url}/api/v1/studies/${id}/image?${query}`, { headers })
  const first = await get('size=full&frame=2')
  expect([first.status, first.headers.get('content-type'), await first.text()]).toEqual([200, 'image/png', 'pixels of frame 2'])
  expect((await get('size=full&frame=2')).status).toBe(200)
  expect(asked.map(({ frame, size, invert }) => [frame, size, invert])).toEqual([[2, 'full', false]])
  expect((await get('size=full&frame=3')).status).toBe(404)
  expect((await readdir(web.store.derivedFolder(id))).filter((name) => name.endsWith('.png') && name.includes('full-2'))).toEqual(['full-2.png'])
})

it('says what stands in the way when the reader can not make it now', async () => {
  await using web = await startTestWeb()
  const { id } = await readStudy(web, (await web.newStudy(2)).id)
  await web.store.change(id, { by: 'test', event: 'clip' }, asClip)
  const answer = await fetch(`${web.url}/api/v1/studies/${id}/image?frame=1`, { headers: await web.bearer('viewer') })
  expect([answer.status, await answer.json()]).toEqual([503, { error: { code: 'reader-unavailable', message: 'No reader in this test.' } }])
  expect(await readdir(web.store.derivedFolder(id)).catch(() => [])).not.toContain('full-1.png')
})
