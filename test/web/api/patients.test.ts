import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as shape from '../../../src/web/api/schemas.js'
import type { TestWeb } from '../harness.js'
import { readStudy, startTestWeb } from '../harness.js'

let web: TestWeb
let clinician: Record<string, string>
let nurse: Record<string, string>
beforeAll(async () => {
  web = await startTestWeb()
  clinician = await web.bearer('clinician')
  nurse = await web.bearer('operator')
})
afterAll(() => web[Symbol.asyncDispose]())

const post = (path: string, body: unknown, headers = clinician): Promise<Response> =>
  fetch(web.url + path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) })
const register = async (name: string): Promise<string> => shape.patientAnswer.parse(await (await post('/api/v1/patients', { name, sex: 'F' })).json()).patient.id
const eyes = async (id: string) => shape.eyesAnswer.parse(await (await fetch(`${web.url}/api/v1/patients/${id}/eyes`, { headers: nurse })).json())
let made = 100
async function photo(patientId: string, laterality: 'L' | 'R', level: 'urgent' | 'routine'): Promise<string> {
  const study = await web.newStudy(made += 1)
  await readStudy(web, study.id)
  await web.store.change(study.id, { by: 'system', event: 'read' }, (read) => ({ ...read, patientId, laterality, triage: { level, text: level } }))
  return study.id
}

describe('the eyes of a person', () => {
  it('are incomplete with one eye, not referable with both clear, and referable with one that is', async () => {
    const id = await register('Eyes Test')
    expect(await eyes(id)).toBeNull()
    await photo(id, 'R', 'routine')
    expect(await eyes(id)).toMatchObject({ verdict: 'incomplete', level: 'none', text: 'incomplete: retake, or refer', L: { status: 'missing' } })
    await photo(id, 'L', 'routine')
    expect(await eyes(id)).toMatchObject({ verdict: 'not-referable', level: 'routine' })
    const worst = await photo(id, 'L', 'urgent')
    expect(await eyes(id)).toMatchObject({ verdict: 'referable', level: 'urgent', worst, L: { status: 'referable', study: worst } })
  })

  it('are complete with a reason for the missing one, which the viewer may not give', async () => {
    const id = await register('Reason Test')
    await photo(id, 'R', 'routine')
    expect((await post(`/api/v1/patients/${id}/eyes`, { side: 'L', excuse: 'no-eye' }, await web.bearer('viewer'))).status).toBe(403)
    const given = await post(`/api/v1/patients/${id}/eyes`, { side: 'L', excuse: 'no-eye', revision: 1 }, nurse)
    expect(shape.patient.parse(await given.json()).eyeExcuses?.L?.excuse).toBe('no-eye')
    expect(await eyes(id)).toMatchObject({ verdict: 'not-referable', L: { status: 'excused', excuse: 'no-eye' } })
    expect((await post(`/api/v1/patients/${id}/eyes`, { side: 'L', excuse: null, revision: 1 }, nurse)).status).toBe(409)
    await post(`/api/v1/patients/${id}/eyes`, { side: 'L', excuse: null }, nurse)
    expect(await eyes(id)).toMatchObject({ verdict: 'incomplete' })
  })
})

describe('a record', () => {
  it('is corrected by whom saw its newest revision', async () => {
    const id = await register('Name Before')
    const changed = await post(`/api/v1/patients/${id}`, { name: 'Name After', pregnancy: 'yes', revision: 1 }, nurse)
    expect(shape.patient.parse(await changed.json())).toMatchObject({ name: 'Name After', revision: 2, pregnancy: { answer: 'yes' } })
    expect((await post(`/api/v1/patients/${id}`, { name: 'Too late', revision: 1 }, nurse)).status).toBe(409)
    expect([(await post(`/api/v1/patients/${id}`, { name: ' ' }, nurse)).status]).toEqual([422])
  })

  it('is made one with another by a clinician alone, and taken apart again', async () => {
    const [keep, duplicate] = [await register('Twice One'), await register('Twice Two')]
    const study = await photo(duplicate, 'R', 'routine')
    expect((await post(`/api/v1/patients/${keep}/merge`, { duplicate }, nurse)).status).toBe(403)
    expect((await post(`/api/v1/patients/${keep}/merge`, { duplicate })).status).toBe(200)
    expect((await web.store.read(study)).patientId).toBe(keep)
    const search = await (await post('/api/v1/patients/search', { text: 'twice two' }, nurse)).json()
    expect(search).toMatchObject({ patients: [{ id: keep }] })
    expect((await post(`/api/v1/patients/${keep}/merge`, { duplicate })).status).toBe(422)
    expect((await post(`/api/v1/patients/${duplicate}/unmerge`, {})).status).toBe(200)
    expect((await web.store.read(study)).patientId).toBe(duplicate)
  })
})

describe('what was written of one person', () => {
  it('is not told of the other whose the image turns out to be', async () => {
    const [one, other] = [await register('Said Of One'), await register('Said Of Nobody')]
    const study = await photo(one, 'R', 'urgent')
    expect((await post(`/api/v1/studies/${study}/notes`, { text: 'Blind since birth.' })).status).toBe(200)
    expect((await post(`/api/v1/studies/${study}/outcomes`, { kind: 'macular-oedema', value: 'absent', onDate: '2026-01-02' })).status).toBe(200)
    const moved = shape.study.parse(await (await post(`/api/v1/studies/${study}/attach`, { patientId: other })).json())
    expect(moved).toMatchObject({ saidOfOthers: [{ patientId: one, notes: [{ text: 'Blind since birth.' }], outcomes: [{ value: 'absent' }] }] })
    expect([moved.notes, moved.outcomes]).toEqual([undefined, undefined])
    const page = await (await fetch(`${web.url}/studies/${study}`, { headers: { ...clinician, 'accept-language': 'en' } })).text()
    expect([page.includes('Blind since birth.'), page.includes('They stay with that person')]).toEqual([false, true])
  })
})

describe('the answers of a programme', () => {
  it('count beside the image, and an answer that does not fit is named', async () => {
    const study = await photo(await register('Answers Test'), 'R', 'routine')
    const wrong = await post(`/api/v1/studies/${study}/programme`, { answers: { hba1c: 99 } }, nurse)
    expect([wrong.status, await wrong.json()]).toMatchObject([422, { error: { code: 'answer-out-of-range', path: 'hba1c' } }])
    const filled = await post(`/api/v1/studies/${study}/programme`, { answers: { 'acuity-left': '6/60', 'sudden-loss': 'yes' } }, nurse)
    expect(await filled.json()).toMatchObject({ triage: { level: 'immediate' }, packTriage: { level: 'routine' }, programmeAnswers: { answers: { 'acuity-left': '6/60' } } })
    const unread = await web.newStudy(made += 1)
    expect((await post(`/api/v1/studies/${unread.id}/programme`, { answers: {} }, nurse)).status).toBe(422)
  })
})
