import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Study } from '../../../src/domain/study.js'
import { readStudy, startTestWeb } from '../harness.js'
import type { TestWeb } from '../harness.js'

describe('the page of an image', () => {
  let web: TestWeb
  let headers: Record<string, string>
  let seed = 0
  beforeAll(async () => {
    web = await startTestWeb()
    headers = await web.bearer('clinician')
  })
  afterAll(() => web?.[Symbol.asyncDispose]())

  const person = async (name: string): Promise<string> => {
    const answer = await fetch(`${web.url}/api/v1/patients`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ name }) })
    return ((await answer.json()) as { patient: { id: string } }).patient.id
  }
  const image = async (patientId: string, as: Partial<Study>): Promise<string> => {
    const { id } = await web.newStudy(seed += 1)
    await readStudy(web, id)
    await web.store.change(id, { by: 'system', event: 'test' }, (study) => ({ ...study, patientId, ...as }))
    return id
  }
  const blurred = async (patientId: string, as: Partial<Study>): Promise<string> => {
    const id = await image(patientId, as)
    await web.store.change(id, { by: 'system', event: 'test' }, (study) => ({ ...study, triage: { level: 'none', text: '', code: 'ungradable' }, reading: { ...study.reading!, findings: [], quality: { gradable: false, score: 0, reasons: [{ code: 'out-of-focus', text: '' }] } } }))
    return id
  }
  const page = async (id: string): Promise<string> => (await fetch(`${web.url}/studies/${id}`, { headers: { ...headers, accept: 'text/html', 'accept-language': 'en' } })).text()
  const isReferred = (markup: string): boolean => /Refer the patient as ungradable|ungradable try number/.test(markup)

  it('counts as failed tries those of the same days and the same place, and no other', async () => {
    const asha = await person('Asha Test')
    await blurred(asha, { modality: 'cxr', receivedAt: '2024-01-05T08:00:00.000Z' })
    expect(isReferred(await page(await blurred(asha, { modality: 'cxr' })))).toBe(false)
    expect(isReferred(await page(await blurred(asha, { modality: 'cxr' })))).toBe(true)
    const zuri = await person('Zuri Test')
    await blurred(zuri, { modality: 'ultrasound', take: 'lung-r1' })
    expect(isReferred(await page(await blurred(zuri, { modality: 'ultrasound', take: 'lung-l2' })))).toBe(false)
    expect(isReferred(await page(await blurred(zuri, { modality: 'ultrasound', take: 'lung-l2' })))).toBe(true)
  })

  it('lays the film before this one beside it, however many clips came since, and none whose picture is in the archive', async () => {
    const id = await person('Neema Test')
    const [first, evicted, second] = [await image(id, { modality: 'cxr' }), await image(id, { modality: 'cxr', evicted: { at: '2026-01-01T00:00:00.000Z', archives: ['pacs'] } }), await image(id, { modality: 'cxr' })]
    for (let clip = 0; clip < 50; clip += 1) await image(id, { modality: 'ultrasound' })
    const markup = await page(second)
    expect(markup).toContain(`/api/v1/studies/${first}/image?size=tablet`)
    expect(markup).not.toContain(`/api/v1/studies/${evicted}/image`)
  })
})
