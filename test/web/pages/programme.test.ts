import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/access/roles.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

let clinic: Clinic
beforeAll(async () => { clinic = await openClinic() })
afterAll(async () => { await clinic?.close() })

/** A browser without JavaScript, signed in. */
async function browserOf(role: Role) {
  const cookie = await clinic.cookie(role)
  const get = async (path: string, accept = 'text/html') => fetch(clinic.url + path, { headers: { cookie, accept }, redirect: 'manual' })
  const csrf = /name="_csrf" value="([^"]+)"/.exec(await (await get('/')).text())?.[1] ?? ''
  const post = async (path: string, fields: Record<string, string>) =>
    fetch(clinic.url + path, { method: 'POST', headers: { cookie, accept: 'text/html', origin: clinic.url }, body: new URLSearchParams({ _csrf: csrf, ...fields }), redirect: 'manual' })
  return { get, post }
}

const negative = { level: 'routine', text: 'No diabetic eye disease to refer.', code: 'dr-none' } as const

async function negativeStudy(seed: number): Promise<string> {
  const id = await clinic.receive(seed)
  await clinic.giveVerdict(id, { triage: negative })
  return id
}

describe('the questions of the programme', () => {
  it('raise the advice of a negative image on the page, in the list and in the API, and say why', async () => {
    const id = await negativeStudy(900)
    const { get, post } = await browserOf('operator')
    expect(await (await get(`/studies/${id}`)).text()).toContain('name="answer-sudden-loss"')
    const answer = await post(`/studies/${id}/programme`, { revision: '2', 'answer-sudden-loss': 'yes', 'answer-hba1c': '9,1', 'answer-acuity-left': '' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/studies/${id}?done=saved`])
    const page = await (await get(`/studies/${id}`)).text()
    expect(page).toMatch(/class="card verdict immediate"/)
    expect(page).toContain('Sudden loss of vision: send to an eye doctor today')
    expect(page).toContain('No diabetic eye disease to refer.')
    const { triage, packTriage, programmeAnswers } = await (await get(`/api/v1/studies/${id}`, 'application/json')).json() as Record<string, Record<string, unknown>>
    expect([triage?.['level'], packTriage?.['level'], programmeAnswers?.['answers']]).toEqual(['immediate', 'routine', { 'sudden-loss': 'yes', hba1c: 9.1 }])
    expect(clinic.store.list({ order: 'urgency' }).studies[0]).toMatchObject({ id, triageLevel: 'immediate', triageCode: 'dr-sudden-loss' })
    expect(await (await get('/?filter=urgent')).text()).toContain(`id="s-${id}"`)
  })

  it('keep what was typed when an answer can’t be right, and store nothing', async () => {
    const id = await negativeStudy(901)
    const { post } = await browserOf('operator')
    const answer = await post(`/studies/${id}/programme`, { revision: '2', 'answer-hba1c': '99', 'answer-acuity-right': '6/18', 'answer-pregnancy': 'yes' })
    const page = await answer.text()
    expect(answer.status).toBe(422)
    expect(page).toContain('value="99"')
    expect(page).toMatch(/value="6\/18" selected/)
    expect(page).toMatch(/name="answer-pregnancy" value="yes" checked/)
    expect(page).toContain('Give a number from 3 to 20')
    expect((await clinic.store.read(id)).programmeAnswers).toBeUndefined()
  })

  it('tell who saves second, with what they typed', async () => {
    const id = await negativeStudy(902)
    const { post } = await browserOf('operator')
    await post(`/studies/${id}/programme`, { revision: '2', 'answer-systolic': '140' })
    const second = await post(`/studies/${id}/programme`, { revision: '2', 'answer-systolic': '150' })
    expect([second.status, (await second.text()).includes('value="150"')]).toEqual([409, true])
    expect((await clinic.store.read(id)).programmeAnswers?.answers).toEqual({ systolic: 140 })
  })

  it('are asked by who captures, and leave a trace without a value', async () => {
    const id = await negativeStudy(903)
    const viewer = await browserOf('viewer')
    expect(await (await viewer.get(`/studies/${id}`)).text()).not.toContain('answer-systolic')
    expect((await viewer.post(`/studies/${id}/programme`, { revision: '2' })).status).toBe(403)
    const { post } = await browserOf('operator')
    await post(`/studies/${id}/programme`, { revision: '2', 'answer-systolic': '187' })
    const { history } = await clinic.store.read(id)
    expect(history.at(-1)).toMatchObject({ event: 'programme.answered', by: 'operator' })
    expect(JSON.stringify(history)).not.toContain('187')
    expect(await (await viewer.get(`/studies/${id}`)).text()).toContain('187 mmHg')
  })
})
