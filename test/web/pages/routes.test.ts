import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/access/roles.js'
import type { Study } from '../../../src/domain/study.js'
import type { Clinic } from './clinic.js'
import { PIN, openClinic, phantomPng } from './clinic.js'

let clinic: Clinic
beforeAll(async () => { clinic = await openClinic() })
afterAll(async () => { await clinic?.close() })

/** A browser without JavaScript: one session, forms with the token of the page they stand on. */
async function browserOf(role: Role) {
  const cookie = await clinic.cookie(role)
  const get = async (path: string) => fetch(clinic.url + path, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })
  const csrf = /name="_csrf" value="([^"]+)"/.exec(await (await get('/')).text())?.[1] ?? ''
  const post = async (path: string, fields: Record<string, string>) =>
    fetch(clinic.url + path, { method: 'POST', headers: { cookie, accept: 'text/html', origin: clinic.url }, body: new URLSearchParams({ _csrf: csrf, ...fields }), redirect: 'manual' })
  const upload = async (form: FormData) => fetch(`${clinic.url}/capture`, { method: 'POST', headers: { cookie, accept: 'text/html', origin: clinic.url }, body: form, redirect: 'manual' })
  return { get, post, upload }
}

async function readyStudy(seed: number): Promise<string> {
  const id = await clinic.receive(seed)
  await clinic.giveVerdict(id)
  return id
}

describe('signing in', () => {
  const send = (fields: Record<string, string>) => fetch(`${clinic.url}/login`, { method: 'POST', headers: { accept: 'text/html', origin: clinic.url }, body: new URLSearchParams(fields), redirect: 'manual' })

  it('leads to the page that was asked for, and only to a page of ours', async () => {
    const answer = await send({ user: 'viewer', pin: PIN, next: '/patients' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/patients'])
    expect((await send({ user: 'viewer', pin: PIN, next: '//evil.example' })).headers.get('location')).toBe('/')
    expect((await send({ user: 'viewer', pin: PIN, next: '/\\evil.example' })).headers.get('location')).toBe('/')
  })

  it('says that the PIN is wrong without saying whether the user exists', async () => {
    const [known, unknown] = await Promise.all([send({ user: 'admin', pin: '000001' }), send({ user: 'nobody', pin: '000001' })])
    const said = async (answer: Response) => /<p class="error"[\s\S]*?<\/p>/.exec(await answer.text())?.[0]
    expect(known.status).toBe(422)
    expect(await said(known)).toBe(await said(unknown))
  })

  it('asks a stranger to sign in, whatever page they want', async () => {
    const answer = await fetch(`${clinic.url}/patients`, { redirect: 'manual', headers: { accept: 'text/html' } })
    expect(answer.headers.get('location')).toBe('/login?next=%2Fpatients')
  })
})

describe('the list', () => {
  it('filters, orders, counts and grows', async () => {
    const id = await readyStudy(100)
    for (let seed = 101; seed < 130; seed += 1) await clinic.receive(seed)
    const { get } = await browserOf('viewer')
    const first = await (await get('/')).text()
    expect(first.match(/<li id="s-/g)).toHaveLength(25)
    const idsIn = (markup: string): string[] => [...markup.matchAll(/<li id="s-([^"]+)/g)].map((match) => match[1] ?? '')
    const next = /id="more"><a[^>]*href="([^"]+)"/.exec(first)?.[1] ?? ''
    const rest = await (await get(next)).text()
    expect(new Set([...idsIn(first), ...idsIn(rest)]).size).toBe(30)
    const again = /id="list" data-live="study" data-url="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? ''
    await clinic.store.change(idsIn(rest)[0] ?? '', { by: 'test', event: 'read' }, (study) => ({ ...study, triage: { level: 'soon', text: 'See a doctor.' } }))
    const refreshed = idsIn(await (await get(again)).text())
    expect(refreshed).toEqual(expect.arrayContaining([...idsIn(first), idsIn(rest)[0]]))
    expect(refreshed).toHaveLength(26)
    const urgent = await (await get('/?filter=urgent')).text()
    expect(urgent.match(/<li id="s-/g)).toHaveLength(1)
    expect(urgent).toContain(`id="s-${id}"`)
    expect(await (await get('/?fragment=list')).text()).toMatch(/^<div id="list"/)
    expect((await get('/?filter=nonsense&shown=-3&order=x')).status).toBe(200)
  })
})

describe('the list of what could not be graded', () => {
  it('holds what was read so, and its count is that of its rows', async () => {
    const [blurred, failed] = [await readyStudy(140), await readyStudy(141)]
    const ungradable = (study: Study): Study => ({ ...study, reading: { ...study.reading!, quality: { gradable: false, score: 0.1, reasons: [] } } })
    for (const id of [blurred, failed]) await clinic.store.change(id, { by: 'test', event: 'read' }, ungradable)
    await clinic.store.change(failed, { by: 'test', event: 'read' }, (study) => ({ ...study, state: 'failed', failure: { code: 'truncated', message: 'Cut off.' } }))
    const page = await (await (await browserOf('viewer')).get('/?filter=ungradable')).text()
    expect([...page.matchAll(/<li id="s-([^"]+)/g)].map((match) => match[1])).toEqual([blurred])
    expect(page).toMatch(/filter=ungradable"[^>]*>[^<]* <b>1<\/b>/)
  })
})

describe('a study without JavaScript', () => {
  it('is reviewed, and the verdict is the clinician’s', async () => {
    const id = await readyStudy(200)
    const { get, post } = await browserOf('clinician')
    const answer = await post(`/studies/${id}/review`, { revision: '2', action: 'change', level: 'soon', text: 'See them next week.', reason: 'Old scar.' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/studies/${id}?done=saved`])
    expect(await (await get(`/studies/${id}?done=saved`)).text()).toContain('See them next week.')
  })

  it.each([
    [{ action: 'change', level: 'soon', text: 'x', reason: '' }, 'Write the reason'], [{ action: 'change', level: '', text: 'x', reason: 'y' }, 'Choose the new urgency'],
    [{ action: 'change', level: 'soon', text: '', reason: 'y' }, 'one sentence'], [{ action: 'reject', reason: '' }, 'Write the reason'], [{ action: 'delete', reason: 'kept text' }, 'Something is missing']
  ])('refuses a review that is not whole and gives back what was typed: %o', async (fields, sentence) => {
    const id = await readyStudy(210)
    const { post } = await browserOf('clinician')
    const answer = await post(`/studies/${id}/review`, { revision: '2', ...fields })
    const page = await answer.text()
    expect(answer.status).toBe(422)
    expect(page).toContain(sentence)
    if (fields.reason) expect(page).toContain(`>${fields.reason}</textarea>`)
    expect((await clinic.store.read(id)).reviews).toEqual([])
  })

  it('tells who comes second and changes nothing', async () => {
    const id = await readyStudy(220)
    const { post } = await browserOf('clinician')
    await post(`/studies/${id}/review`, { revision: '2', action: 'accept' })
    const second = await post(`/studies/${id}/review`, { revision: '2', action: 'reject', reason: 'Wrong person.' })
    expect(second.status).toBe(409)
    expect(await second.text()).toContain('Wrong person.')
    expect((await clinic.store.read(id)).reviews).toHaveLength(1)
  })

  it('keeps the answer that was typed while another changed it, and promises no text where there was none', async () => {
    const id = await readyStudy(225)
    await clinic.store.change(id, { by: 'test', event: 'read' }, (study) => ({ ...study, questions: [{ code: 'age-unknown', text: 'How old?' }, { code: 'which-pack', text: 'What?' }, { code: 'laterality-conflict', text: 'Which eye?' }] }))
    const { post } = await browserOf('operator')
    const late = await post(`/studies/${id}/answer`, { revision: '2', ageYears: '5', laterality: 'R' })
    const page = await late.text()
    expect(late.status).toBe(409)
    expect(page).toContain('Your text is still here')
    expect(page).toMatch(/name="ageYears"[^>]* value="5"/)
    expect(page).toMatch(/name="laterality" value="R" checked/)
    expect(page).not.toMatch(/name="laterality" value="L" checked/)
    const detached = await post(`/studies/${id}/attach`, { revision: '2', patientId: '' })
    expect([detached.status, (await detached.text()).includes('nothing of yours was saved')]).toEqual([409, true])
  })

  it('says "please wait" after an answer only as long as it is being read', async () => {
    const id = await clinic.receive(226)
    const { get } = await browserOf('operator')
    const page = async (): Promise<string> => (await get(`/studies/${id}?done=again`)).text()
    expect(await page()).toContain('Please wait')
    await clinic.giveVerdict(id)
    expect(await page()).not.toContain('Please wait')
  })

  it('is attached to a new patient who is registered on the way', async () => {
    const id = await readyStudy(230)
    const { get, post } = await browserOf('operator')
    const answer = await post('/patients', { study: id, name: 'Achieng Test', ageYears: '54', sex: 'F' })
    expect(answer.headers.get('location')).toBe(`/studies/${id}?done=saved`)
    const patientId = (await clinic.store.read(id)).patientId ?? ''
    expect(await (await get(`/patients/${patientId}`)).text()).toContain('Achieng Test')
    const again = await post('/patients', { name: 'Achieng Test', ageYears: '54', sex: 'F' })
    expect([again.status, (await again.text()).includes('Is it one of these?')]).toEqual([422, true])
  })

  it('asks its question and is read again with the answer', async () => {
    const id = await clinic.receive(240)
    await clinic.giveVerdict(id, { state: 'needs-input', questions: [{ code: 'which-pack', text: 'What is it?' }] })
    const { get, post } = await browserOf('operator')
    expect(await (await get(`/studies/${id}`)).text()).toContain('value="fundus-dr"')
    expect((await post(`/studies/${id}/answer`, { revision: '2', packId: 'fundus-dr' })).status).toBe(303)
    expect(await clinic.store.read(id)).toMatchObject({ state: 'received', answers: { packId: 'fundus-dr' } })
    expect((await post(`/studies/${id}/answer`, { revision: '3' })).status).toBe(422)
  })

  it('is said not to exist when it does not', async () => {
    const { get } = await browserOf('viewer')
    const answer = await get('/studies/20260101-AAAAAAAA')
    expect([answer.status, (await answer.text()).includes('Not found')]).toEqual([404, true])
    expect((await get('/patients/P-AAAAAAAA')).status).toBe(404)
  })
})

describe('capture without JavaScript', () => {
  it('takes several files, says what became of each, and keeps what can’t be read', async () => {
    const form = new FormData()
    form.append('laterality', 'L')
    form.append('file', new Blob([await phantomPng(300)]), 'left.png')
    form.append('file', new Blob(['no picture']), 'notes.dcm')
    const { get, upload } = await browserOf('operator')
    const page = await (await upload(form)).text()
    expect(page).toMatch(/left\.png[\s\S]*Received\./)
    expect(page).toMatch(/notes\.dcm[\s\S]*href="\/quarantine"/)
    expect(await (await get('/quarantine')).text()).toContain('notes.dcm')
  })

  it('asks for a picture when none was chosen', async () => {
    const { upload } = await browserOf('operator')
    const form = new FormData()
    form.append('laterality', '')
    const answer = await upload(form)
    expect([answer.status, (await answer.text()).includes('Choose at least one picture')]).toEqual([422, true])
  })
})

describe('searching people', () => {
  it('answers to POST only, with the part or the whole page', async () => {
    await clinic.patients.register({ name: 'Zawadi Test' }, 'operator')
    const { post } = await browserOf('viewer')
    expect(await (await post('/patients/search?fragment=results', { text: 'zawa' })).text()).toMatch(/^<ul[\s\S]*Zawadi Test/)
    expect(await (await post('/patients/search', { text: 'zawa' })).text()).toMatch(/^<!doctype html>[\s\S]*Zawadi Test/)
    expect(await (await post('/patients/search?fragment=results', { text: 'z' })).text()).toBe('')
  })
})

describe('the technician', () => {
  it('creates a user, shuts them out and lets them in again', async () => {
    const { get, post } = await browserOf('admin')
    expect((await post('/users', { id: 'wanja', name: 'Wanja Test', role: 'operator', pin: '582913' })).status).toBe(303)
    const session = await clinic.access.sessions.start('wanja')
    expect((await post('/users/wanja/disable', {})).status).toBe(303)
    expect(clinic.access.users.get('wanja')?.disabled).toBe(true)
    expect(await clinic.access.sessions.resolve(session)).toBeUndefined()
    await post('/users/wanja/enable', {})
    expect((await post('/users/wanja/pin', { pin: '111111' })).status).toBe(422)
    expect(await (await get('/users')).text()).toContain('Wanja Test')
    expect((await post('/users', { id: 'x', name: '', role: 'king', pin: '1' })).status).toBe(422)
  })
})
