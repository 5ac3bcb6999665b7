import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { monthBefore, monthCsv, monthReport } from '../../src/operations/month-report.js'
import { readStudy, startTestWeb } from '../web/harness.js'
import type { TestWeb } from '../web/harness.js'

let web: TestWeb
beforeAll(async () => { web = await startTestWeb() })
afterAll(() => web?.[Symbol.asyncDispose]())

it('counts a month beside the running service, and names nobody', async () => {
  const studies = [await web.newStudy(1), await web.newStudy(2), await web.newStudy(3)]
  await readStudy(web, studies[0]!.id)
  await readStudy(web, studies[1]!.id)
  const month = studies[0]!.receivedAt.slice(0, 7)
  const report = await monthReport(web.folder, month)
  expect(report).toMatchObject({ images: 3, unreadable: 0 })
  const count = (what: string, name: string): number | undefined => report.counts.find((each) => each.what === what && each.name === name)?.count
  expect([count('level', 'urgent'), count('quality', 'gradable'), count('state', 'received'), count('finding', 'dr-referable')]).toEqual([2, 2, 1, 2])
  const csv = monthCsv(report)
  expect(csv.split('\r\n').slice(0, 2)).toEqual(['month,modality,what,name,count', `${month},all,images,all,3`])
  for (const { id } of studies) expect(csv).not.toContain(id)
})

it('counts a film that waits for an age as none without a verdict', async () => {
  const { id, receivedAt } = await web.newStudy(5)
  await readStudy(web, id)
  await web.store.change(id, { by: 'system', event: 'read' }, (study) => ({ ...study, modality: 'cxr', triage: { level: 'soon', text: '' }, questions: [{ code: 'age-unknown', text: '' }] }))
  const { counts } = await monthReport(web.folder, receivedAt.slice(0, 7))
  expect(counts.filter(({ modality, what }) => modality === 'cxr' && what === 'level')).toEqual([{ modality: 'cxr', what: 'level', name: 'none', count: 1 }])
})

it.each([
  [6, 'a clinician rejected', { reviews: [{ at: '2026-03-01T08:00:00.000Z', by: 'clinician', action: 'reject', reason: 'Not this person.' }] }],
  [7, 'could not be read again', { state: 'failed' }]
] as const)('counts no finding of image %i, which %s, as its report says none', async (n, _what, over) => {
  const study = await web.newStudy(n)
  await readStudy(web, study.id)
  const positive = async (): Promise<number> => (await monthReport(web.folder, study.receivedAt.slice(0, 7))).counts.filter(({ what }) => what === 'finding').reduce((sum, { count }) => sum + count, 0)
  const before = await positive()
  await web.store.change(study.id, { by: 'test', event: 'test' }, (now) => ({ ...now, ...over }))
  expect(await positive()).toBe(before - 1)
})

it('says how many documents it could not read, and is empty for a month without images', async () => {
  const study = await web.newStudy(4)
  await writeFile(join(web.store.objectPath(study), '../study.json'), 'torn')
  expect(await monthReport(web.folder, study.receivedAt.slice(0, 7))).toMatchObject({ unreadable: 1 })
  await rm(join(web.store.objectPath(study), '..'), { recursive: true })
  expect(await monthReport(web.folder, '1999-01')).toEqual({ month: '1999-01', images: 0, unreadable: 0, counts: [] })
  expect([monthBefore(new Date('2026-01-15T00:00:00Z')), monthBefore(new Date('2026-12-01T04:00:00Z'))]).toEqual(['2025-12', '2026-11'])
})
