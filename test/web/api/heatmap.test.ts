import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readStudy, startTestWeb } from '../harness.js'

it('gives the heatmap of what was found where nobody names one, else that of the first finding', async () => {
  await using web = await startTestWeb()
  const { id } = await web.newStudy(1)
  await readStudy(web, id)
  const folder = web.store.derivedFolder(id)
  await mkdir(folder)
  for (const code of ['tb', 'cxr-other-abnormal']) await writeFile(join(folder, `heatmap-${code}.png`), code)
  const shown = async (found: string): Promise<string> => {
    const findings = ['tb', 'cxr-other-abnormal'].map((code) => ({ code, name: code, score: 0.5, threshold: 0.5, positive: code === found }))
    const derived = findings.map(({ code }) => ({ role: 'heatmap' as const, name: `heatmap-${code}.png` }))
    await web.store.change(id, { by: 'system', event: 'x' }, (study) => ({ ...study, reading: { ...study.reading!, findings, derived } }))
    return (await fetch(`${web.url}/api/v1/studies/${id}/heatmap`, { headers: await web.bearer('viewer') })).text()
  }
  expect([await shown('cxr-other-abnormal'), await shown('tb'), await shown('none')]).toEqual(['cxr-other-abnormal', 'tb', 'tb'])
})
