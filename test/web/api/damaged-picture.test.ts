import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readStudy, startTestWeb } from '../harness.js'

it('does not show a picture with other bytes than were drawn, and has it drawn again', async () => {
  await using web = await startTestWeb()
  const { id } = await web.newStudy(1)
  await readStudy(web, id)
  const drawn = Buffer.from('a heatmap of a retina')
  const [folder, sha256] = [web.store.derivedFolder(id), createHash('sha256').update(drawn).digest('hex')]
  await mkdir(folder)
  await writeFile(join(folder, 'heatmap-dr.png'), drawn)
  await web.store.change(id, { by: 'system', event: 'x' }, (study) => ({ ...study, reading: { ...study.reading!, derived: [{ role: 'heatmap', name: 'heatmap-dr.png', sha256 }] } }))
  const damaged: string[] = []
  web.store.onDamage((each) => { damaged.push(each) })
  const ask = async (): Promise<Response> => fetch(`${web.url}/api/v1/studies/${id}/heatmap`, { headers: await web.bearer('viewer') })
  expect((await ask()).status).toBe(200)
  drawn[7]! ^= 1
  await writeFile(join(folder, 'heatmap-dr.png'), drawn)
  const answer = await ask()
  expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code, damaged]).toEqual([503, 'picture-damaged', [id]])
})
