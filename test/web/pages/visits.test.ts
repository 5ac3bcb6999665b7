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

describe('the pictures of a visit', () => {
  let visit: string
  beforeAll(async () => { visit = await open(amina) })
  /** What stands below the picture, as text. */
  const said = async (id: string, cookie = nurse): Promise<string> =>
    (new RegExp(`<a href="/studies/${id}">([^]*?)</a>`).exec(await page(`/visits/${visit}`, cookie))?.[1] ?? '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim()

  it('do not say which eye was tapped where the image says another, or it is asked which one it is', async () => {
    const [sure, asked, corrected] = [await clinic.receive(21), await clinic.receive(22), await clinic.receive(23)]
    const taken = { patientId: amina, visitId: visit, take: 'eye-right' }
    await clinic.giveVerdict(sure, { ...taken, laterality: 'R' })
    await clinic.giveVerdict(asked, { ...taken, laterality: 'R', questions: [{ code: 'laterality-conflict', text: 'Choose the eye.' }] })
    await clinic.giveVerdict(corrected, { ...taken, laterality: 'R', answers: { laterality: 'L' } })
    expect(await said(sure)).toMatch(/^Right eye /)
    expect(await said(sure)).not.toContain('Answer needed')
    expect(await said(asked)).toMatch(/^Eye photo .*Answer needed/)
    expect(await said(corrected)).toMatch(/^Eye photo · Left eye /)
  })

  it('say nothing of the first reader\'s decision to who may be the second', async () => {
    const id = await clinic.receive(24)
    const study = await clinic.giveVerdict(id, { patientId: amina, visitId: visit, take: 'chest-pa', modality: 'cxr', laterality: undefined })
    await clinic.commands.review(study.id, { action: 'change', reason: 'seen', asksSecond: true, triage: { level: 'immediate', text: 'Today.' } }, { by: 'first-doctor' })
    expect(await said(id)).toContain('Immediate')
    expect(await said(id, await clinic.cookie('clinician'))).not.toContain('Immediate')
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

  it('tells two people of one name apart by what else is known of them', async () => {
    await clinic.receive(13)
    for (const village of ['Kondele', 'Migori']) {
      const made = await clinic.patients.register({ name: 'Mary Test', village }, 'operator')
      await open(made.ok ? made.value.id : '')
    }
    const [first, second] = [...(await page('/whose')).matchAll(/Mary Test<\/bdi><\/strong><br>\s*<small><bdi>([^<]*)</g)].map(([, facts]) => facts)
    expect([first, second].sort()).toEqual(['Kondele', 'Migori'])
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
