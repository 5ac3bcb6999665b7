import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mkdir, writeFile } from 'node:fs/promises'
import type { z } from 'zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../src/access/verify-audit.js'
import { decide } from '../../../src/triage/decide.js'
import { API_TABLE } from '../../../src/web/api/openapi-table.js'
import * as shape from '../../../src/web/api/schemas.js'
import type { TestWeb } from '../harness.js'
import { picture, readStudy, startTestWeb } from '../harness.js'

let web: TestWeb
let clinician: Record<string, string>
let viewer: Record<string, string>
beforeAll(async () => {
  web = await startTestWeb()
  clinician = await web.bearer('clinician')
  viewer = await web.bearer('viewer')
})
afterAll(() => web[Symbol.asyncDispose]())

const get = async (path: string, headers = viewer): Promise<unknown> => (await fetch(web.url + path, { headers })).json()
const post = (path: string, body: unknown, headers = clinician): Promise<Response> =>
  fetch(web.url + path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) })

describe('the description', () => {
  it('has every route of the API and no other', () => {
    const routes = web.server.routes.filter(({ path }) => /^\/(api\/|stow\/|film-photo$)/.test(path)).map(({ method, path, access }) => `${method} ${path} ${access}`)
    expect(routes.sort()).toEqual(API_TABLE.map(({ method, path, access }) => `${method} ${path} ${access}`).sort())
  })

  it('is served as OpenAPI 3.1 with a schema for each JSON answer', async () => {
    const document = (await get('/api/v1/openapi.json')) as { openapi: string; paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema?: { type?: string } }> }> }>> }
    expect(document.openapi).toBe('3.1.0')
    expect(document.paths['/api/v1/studies/{id}']?.['get']?.responses['200']?.content?.['application/json']?.schema?.type).toBe('object')
    expect(JSON.stringify(document)).not.toContain('"$schema"')
  })

  it('fits the real answers', async () => {
    const study = await web.newStudy(1)
    await readStudy(web, study.id)
    const finding = { name: 'Signs that fit tuberculosis', score: 0.9, threshold: 0.5 }
    const film = await web.newStudy(2)
    await readStudy(web, film.id)
    await web.store.change(film.id, { by: 'system', event: 'read' }, (read) => ({
      ...read, modality: 'cxr', questions: [{ code: 'whose-is-this', text: 'Whose?' }],
      triage: decide({ pack: null, modality: 'cxr', quality: { gradable: true, score: 1, reasons: [] }, findings: [{ code: 'tb', positive: true, ...finding }], detail: {} })
    }))
    const { patient } = shape.patientAnswer.parse(await (await post('/api/v1/patients', { name: 'Grace Test', ageYears: 50 })).json())
    expect((await post(`/api/v1/studies/${study.id}/attach`, { patientId: patient.id })).status).toBe(200)
    const answers: [string, z.ZodType][] = [
      ['/api/v1/studies', shape.studyList], [`/api/v1/studies/${study.id}`, shape.study], [`/api/v1/studies/${film.id}`, shape.study], ['/api/v1/patients', shape.patientList], [`/api/v1/patients/${patient.id}`, shape.patient],
      ['/api/v1/devices', shape.deviceList], ['/api/v1/packs', shape.packList], ['/api/v1/status', shape.statusAnswer], ['/api/v1/quarantine', shape.quarantineList]
    ]
    for (const [path, schema] of answers) {
      const answer = await get(path)
      const parsed = schema.safeParse(answer)
      expect([path, parsed.error?.issues]).toEqual([path, undefined])
      // At every depth: what the description lacks, parsing has left out, and a client that holds us to it would refuse.
      expect([path, parsed.data]).toEqual([path, answer])
    }
  })
})

describe('studies', () => {
  it('are listed with verdict, findings and patient, page by page', async () => {
    const list = shape.studyList.parse(await get('/api/v1/studies?state=ready'))
    expect(list.studies[0]).toMatchObject({ state: 'ready', modality: 'fundus', triage: { level: 'urgent' }, patient: { name: 'Grace Test' }, findings: [{ code: 'dr-referable', positive: true }] })
    for (const n of [2, 3, 4]) await web.newStudy(n)
    const seen = new Set<string>()
    let next: string | null = ''
    while (next !== null) {
      const page = shape.studyList.parse(await get(`/api/v1/studies?limit=2${next ? `&cursor=${next}` : ''}`))
      expect(page.studies.length).toBeLessThanOrEqual(2)
      for (const { id } of page.studies) seen.add(id)
      next = page.next
    }
    expect(seen.size).toBe(4)
  })

  it('name a bad filter', async () => {
    const answer = await fetch(`${web.url}/api/v1/studies?state=broken`, { headers: viewer })
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'bad-query', path: 'state' } }])
    expect((await fetch(`${web.url}/api/v1/studies?cursor=rubbish`, { headers: viewer })).status).toBe(404)
  })

  it('show their picture, and say so when there is none', async () => {
    const study = await web.newStudy(5)
    const missing = await fetch(`${web.url}/api/v1/studies/${study.id}/image`, { headers: viewer })
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'not-found' } }])
    await readStudy(web, study.id)
    await mkdir(web.store.derivedFolder(study.id), { recursive: true })
    await writeFile(join(web.store.derivedFolder(study.id), 'full-0.png'), await picture(5))
    const shown = await fetch(`${web.url}/api/v1/studies/${study.id}/image`, { headers: viewer })
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(await picture(5))
    const again = await fetch(`${web.url}/api/v1/studies/${study.id}/image`, { headers: { ...viewer, 'if-none-match': shown.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
    expect((await fetch(`${web.url}/api/v1/studies/${study.id}/image?frame=7`, { headers: viewer })).status).toBe(404)
    const object = await fetch(`${web.url}/api/v1/studies/${study.id}/object`, { headers: viewer })
    expect(Buffer.from(await object.arrayBuffer())).toEqual(await picture(5))
    expect((await fetch(`${web.url}/api/v1/studies/${study.id}/report.pdf`, { headers: viewer })).headers.get('content-type')).toBe('application/pdf')
  })

  it('are reviewed with a reason, once for each revision', async () => {
    const study = await readStudy(web, (await web.newStudy(6)).id)
    const review = (input: object) => post(`/api/v1/studies/${study.id}/review`, input)
    expect((await review({ action: 'change', triage: { level: 'soon', text: 'x' } })).status).toBe(422)
    expect((await review({ action: 'what' })).status).toBe(400)
    const changed = await review({ action: 'change', triage: { level: 'soon', text: 'See again.' }, reason: 'old scar', revision: study.revision })
    expect([changed.status, await changed.json()]).toMatchObject([200, { triage: { level: 'soon' }, packTriage: { level: 'urgent' }, reviews: [{ reason: 'old scar' }] }])
    const conflict = await review({ action: 'accept', revision: study.revision })
    expect([conflict.status, await conflict.json()]).toMatchObject([409, { error: { code: 'revision-conflict' } }])
  })

  it('are read again when a question is answered or somebody asks', async () => {
    const study = await readStudy(web, (await web.newStudy(7)).id)
    expect(await (await post(`/api/v1/studies/${study.id}/answer`, { ageYears: 44 })).json()).toMatchObject({ state: 'received', triage: null, answers: { ageYears: 44 } })
    expect((await post(`/api/v1/studies/${study.id}/retry`, {})).status).toBe(422)
  })

  it('are attached to people that exist', async () => {
    const study = await web.newStudy(8)
    expect((await post(`/api/v1/studies/${study.id}/attach`, { patientId: 'P-00000000' })).status).toBe(404)
    expect((await post('/api/v1/studies/20260101-00000000/attach', { patientId: null })).status).toBe(404)
  })
})

describe('the record', () => {
  it('has what was seen and done, by whom, and the pictures of a study once', async () => {
    const study = await readStudy(web, (await web.newStudy(9)).id)
    for (let n = 0; n < 3; n += 1) await fetch(`${web.url}/api/v1/studies/${study.id}/image`, { headers: viewer })
    await mkdir(web.store.derivedFolder(study.id), { recursive: true })
    await writeFile(join(web.store.derivedFolder(study.id), 'full-0.png'), await picture(9))
    for (let n = 0; n < 3; n += 1) await (await fetch(`${web.url}/api/v1/studies/${study.id}/image`, { headers: viewer })).arrayBuffer()
    await get(`/api/v1/studies/${study.id}`)
    await post(`/api/v1/studies/${study.id}/review`, { action: 'accept' })
    const events = (await web.deps.audit.recent(50)).filter(({ studyId }) => studyId === study.id).map(({ event, role }) => `${event} ${role}`)
    expect(events.reverse()).toEqual(['upload undefined', 'study.image viewer', 'study.view viewer', 'study.review clinician'])
    const text = await readFile(join(web.folder, 'audit', `${new Date().toISOString().slice(0, 7)}.jsonl`), 'utf8')
    expect(text).not.toContain('Grace Test')
    expect((await verifyAudit(join(web.folder, 'audit'))).problem).toBeUndefined()
  })
})
