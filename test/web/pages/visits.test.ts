import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

let clinic: Clinic
let nurse: string
let admin: string
let amina: string
let baraka: string
beforeAll(async () => {
  clinic = await openClinic()
  nurse = await clinic.cookie('operator')
  admin = await clinic.cookie('admin')
  for (const name of ['Amina Juma', 'Baraka Otieno']) {
    const made = await clinic.patients.register({ name }, 'operator')
    if (!made.ok) throw new Error(made.error.code)
    if (name.startsWith('A')) amina = made.value.id
    else baraka = made.value.id
  }
})
afterAll(() => clinic.close())

const page = async (path: string, cookie = nurse): Promise<string> => (await fetch(`${clinic.url}${path}`, { headers: { cookie } })).text()
const csrfOf = async (cookie = nurse): Promise<string> => /name="_csrf" value="([^"]+)"/.exec(await page('/visits', cookie))?.[1] ?? ''
async function post(path: string, fields: Record<string, string>, cookie = nurse): Promise<Response> {
  return fetch(`${clinic.url}${path}`, { method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ _csrf: await csrfOf(cookie), ...fields }) })
}
const open = async (patientId: string): Promise<string> => (await post('/visits', { patientId })).headers.get('location')!.replace('/visits/', '')

describe('the pages of visits', () => {
  it('list who was registered today, and open a visit by one tap', async () => {
    expect(await page('/visits')).toContain('Amina Juma')
    const id = await open(amina)
    expect(await page(`/visits/${id}`)).toContain('Amina Juma')
    expect(await page('/visits')).toContain(`/visits/${id}`)
  })

  it('find a person by a scanned number, without a name in any address', async () => {
    const answer = await post('/visits/search', { text: baraka.toLowerCase() })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain(`value="${baraka}"`)
  })

  it('take a device into the visit, and say what it takes', async () => {
    const id = await open(amina)
    expect((await post(`/visits/${id}/hold`, { station: 'inbox', take: 'eye-left' })).status).toBe(303)
    expect(await page(`/visits/${id}`)).toMatch(/value="eye-left" aria-pressed="true"/)
  })

  it('tell the second nurse who has it, and give it to her only when she takes it over', async () => {
    const [first, second] = [await open(amina), await open(baraka)]
    await post(`/visits/${first}/hold`, { station: 'inbox' })
    const refused = await post(`/visits/${second}/hold`, { station: 'inbox' })
    expect(refused.status).toBe(409)
    expect(await refused.text()).toContain('Test operator has it for another visit')
    expect(clinic.visits.holding('inbox')).toMatchObject({ visitId: first })
    expect((await post(`/visits/${second}/hold`, { station: 'inbox', takeOver: 'yes' })).status).toBe(303)
    expect(clinic.visits.holding('inbox')).toMatchObject({ visitId: second })
  })

  it('refuse a device that is not there, and a form without its token', async () => {
    const id = await open(amina)
    expect((await post(`/visits/${id}/hold`, { station: 'nowhere' })).status).toBe(400)
    expect((await post(`/visits/${id}/close`, { _csrf: 'other' })).status).toBe(403)
  })

  it('let nobody open visits who may not take pictures', async () => {
    expect((await post('/visits', { patientId: amina }, admin)).status).toBe(403)
  })
})

describe('whose is this?', () => {
  it('shows what came without a visit, and one tap attaches it to the person and the visit', async () => {
    const study = await clinic.receive(11)
    const visit = await open(amina)
    expect(await page('/whose')).toContain(`w-${study}`)
    const { revision } = await clinic.store.read(study)
    expect((await post(`/whose/${study}`, { visit, revision: String(revision) })).headers.get('location')).toBe('/whose?done=whose')
    expect(await clinic.store.read(study)).toMatchObject({ patientId: amina, visitId: visit })
    expect(await page('/whose')).not.toContain(`w-${study}`)
  })

  it('changes nothing for who saw an older version', async () => {
    const study = await clinic.receive(12)
    const visit = await open(baraka)
    await clinic.store.change(study, { by: 'system', event: 'read' }, (each) => each)
    expect((await post(`/whose/${study}`, { visit, revision: '1' })).status).toBe(409)
    expect(await clinic.store.read(study)).not.toHaveProperty('patientId')
  })
})

describe('testing a device', () => {
  it('is for administrators', async () => {
    expect((await post('/devices/dicom/probe', {})).status).toBe(403)
    expect(await page('/system', admin)).toContain('/devices/dicom/probe')
    expect(await page('/system')).not.toContain('/devices/dicom/probe')
  })

  it('of a device that is not there says so', async () => {
    expect((await post('/devices/nothing/probe', {}, admin)).status).toBe(404)
  })
})
