import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Access } from '../../../src/access/access.js'
import type { WorklistItem } from '../../../src/domain/worklist.js'
import { dayOf } from '../../../src/patients/todays-worklist.js'
import { systemClock } from '../../../src/platform/clock.js'
import type { DeviceView } from '../../../src/web/dependencies.js'
import { NURSE, cookieOf, logIn, setUp, startTestWeb } from '../harness.js'
import type { TestWeb } from '../harness.js'

const today = dayOf(new Date())
const order = (number: string, name: string, more: Partial<WorklistItem> = {}): WorklistItem => ({ patientId: number, patientName: name, date: today, time: '10:00', ...more })

let web: TestWeb
let cookie: string
let centre: WorklistItem[]
let devices: DeviceView[]
beforeAll(async () => {
  centre = []
  devices = []
  web = await startTestWeb({ deps: { centre: () => centre, devices: { status: () => devices, subscribe: () => () => undefined } } })
  await setUp(web)
  cookie = cookieOf(await logIn(web, NURSE.id, NURSE.pin))
})
afterAll(() => web[Symbol.asyncDispose]())

const page = async (path: string): Promise<string> => (await fetch(`${web.url}${path}`, { headers: { cookie } })).text()
const post = async (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${web.url}${path}`, { method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ _csrf: /name="_csrf" value="([^"]+)"/.exec(await page('/visits'))![1]!, ...fields }) })

describe('somebody whom the centre sends today', () => {
  it('is on the page of visits, and one tap registers them under the centre\'s number and opens their visit', async () => {
    centre = [order('C17', 'Phantom Asa', { sex: 'F', birthDate: '1980-02-03', description: 'Chest X-ray, PA' }), order('C99', 'Tomorrow', { date: '2999-01-01' })]
    const shown = await page('/visits')
    expect(shown).toContain('Phantom Asa')
    expect(shown).toContain('Chest X-ray, PA')
    expect(shown).not.toContain('Tomorrow')
    const answer = await post('/visits/expected', { number: 'C17' })
    expect(answer.status).toBe(303)
    const patient = web.deps.patients.findByIdentifier('C17')!
    expect(patient).toMatchObject({ name: 'Phantom Asa', sex: 'F', birthDate: '1980-02-03', identifier: 'C17' })
    expect(answer.headers.get('location')).toBe(`/visits/${web.deps.visits.openVisitOf(patient.id)!.id}`)
    expect(await page('/visits')).not.toContain('value="C17"')
  })

  it('is registered once, however often it is tapped', async () => {
    const before = web.deps.patients.search('Phantom Asa', 10).length
    expect((await post('/visits/expected', { number: 'C17' })).status).toBe(303)
    expect(web.deps.patients.search('Phantom Asa', 10)).toHaveLength(before)
  })

  it('who looks like a registered person is asked about first, with what the centre wrote in the form', async () => {
    centre = [order('C18', 'Phantom Asa', { sex: 'F', birthDate: '1980-02-03' })]
    const answer = await post('/visits/expected', { number: 'C18' })
    expect(answer.status).toBe(422)
    const text = await answer.text()
    expect(text).toContain('value="C18"')
    expect(text).toContain('name="sure"')
    expect(web.deps.patients.findByIdentifier('C18')).toBeUndefined()
  })

  it('who is no longer sent is not registered by an old page', async () => {
    centre = []
    expect((await post('/visits/expected', { number: 'C18' })).status).toBe(404)
  })
})

describe('an app that sends by DICOMweb', () => {
  it('is called as its token is, everywhere a nurse meets it, also after a restart of the service', async () => {
    const { id } = await web.deps.access.createToken({ role: 'operator', label: 'Handheld app', by: 'test' })
    devices = [{ id: 'dicomweb', kind: 'stow', state: 'connected', received: 1, stations: [`token-${id}`] }, { id: 'dicom', kind: 'dicom', state: 'connected', received: 1, stations: ['PROBE'] }]
    const started = await Access.open({ folder: join(web.folder, 'access'), clock: systemClock })
    expect(started.tokens.labelOf(id)).toBe('Handheld app')
    await web.deps.access.tokens.list()
    const patient = await web.deps.patients.register({ name: 'Baraka Otieno' }, 'nurse')
    if (!patient.ok) throw new Error('patient')
    const visit = await web.deps.visits.start({ patientId: patient.value.id }, 'nurse')
    expect(await page(`/visits/${visit.id}`)).toContain('Handheld app')
    await web.deps.visits.hold(visit.id, { station: `dicomweb:token-${id}` }, 'nurse')
    for (const path of ['/visits', `/visits/${visit.id}`]) {
      const text = await page(path)
      expect(text).toContain('Handheld app')
      expect(text.replaceAll(/value="[^"]*"|data-station="[^"]*"/g, '')).not.toContain(id)
    }
  })
})

describe('a card with other people\'s pictures on it', () => {
  it('gives a person only what was ticked', async () => {
    const asked: unknown[] = []
    const media = { type: 'import', media: [{ id: 'CARD', phase: 'ready', pictures: 40, taken: 0 }] }
    await using other = await startTestWeb({ deps: { devices: {
      status: () => [{ id: 'stick', kind: 'mass-storage', state: 'connected', received: 0 }], subscribe: () => () => undefined, session: () => media,
      command: async (_device, { name, values }) => { if (name === 'import') asked.push(values); return { ok: true, value: { files: [] } } }
    } } })
    await setUp(other)
    const nurse = { cookie: cookieOf(await logIn(other, NURSE.id, NURSE.pin)) }
    const _csrf = /name="_csrf" value="([^"]+)"/.exec(await (await fetch(`${other.url}/visits`, { headers: nurse })).text())![1]!
    const take = (fields: Record<string, string>): Promise<Response> =>
      fetch(`${other.url}/devices/stick/import`, { method: 'POST', redirect: 'manual', headers: nurse, body: new URLSearchParams({ _csrf, medium: 'CARD', ...fields }) })
    const refused = await take({ forVisit: 'true' })
    expect(refused.status).toBe(422)
    expect(await refused.text()).toContain('Tick the pictures of this person first.')
    expect(asked).toEqual([])
    await take({ forVisit: 'true', wanted: '0123456789abcdef' })
    await take({})
    expect(asked).toMatchObject([{ wanted: ['0123456789abcdef'], forVisit: true }, { wanted: 'all', forVisit: false }])
  })
})

describe('a page that still shows the visit which had the device before', () => {
  const asked: { name: string; values: unknown }[] = []
  let other: TestWeb
  let nurse: { cookie: string }
  let mine: string
  let theirs: string
  beforeAll(async () => {
    const media = { type: 'import', media: [{ id: 'CARD', phase: 'ready', pictures: 2, taken: 0 }] }
    const files = [{ key: '0123456789abcdef', name: 'IMG_1.JPG', folder: '', bytes: 3, modifiedAt: '2026-03-01T09:00:00.000Z', taken: false }]
    other = await startTestWeb({ deps: { devices: {
      status: () => [{ id: 'stick', kind: 'mass-storage', state: 'connected', received: 0, commands: ['capture'] }], subscribe: () => () => undefined, session: () => media,
      command: async (_device, { name, values }) => { if (name !== 'files') asked.push({ name, values }); return { ok: true, value: { files } } }
    } } })
    await setUp(other)
    nurse = { cookie: cookieOf(await logIn(other, NURSE.id, NURSE.pin)) }
    const visitOf = async (name: string): Promise<string> => {
      const made = await other.deps.patients.register({ name }, 'nurse')
      return (await other.deps.visits.start({ patientId: made.ok ? made.value.id : '' }, 'nurse')).id
    }
    mine = await visitOf('Amina Juma')
    theirs = await visitOf('Baraka Otieno')
    await other.deps.visits.hold(mine, { station: 'stick' }, 'nurse')
  })
  afterAll(() => other[Symbol.asyncDispose]())

  /** The form of a page as it stands there, whatever happens meanwhile. */
  const formOf = async (path: string, action: string): Promise<(more?: Record<string, string>) => Promise<Response>> => {
    const form = new RegExp(`<form[^>]*action="${action}"[^]*?</form>`).exec(await (await fetch(`${other.url}${path}`, { headers: nurse })).text())?.[0] ?? ''
    const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value] as const)
    return (more = {}) => fetch(`${other.url}${action}`, { method: 'POST', redirect: 'manual', headers: nurse, body: new URLSearchParams({ ...Object.fromEntries(fields), ...more }) })
  }

  it('takes nothing off a card for the person of the other visit, and tells a device nothing', async () => {
    const [take, press] = [await formOf('/devices/stick', '/devices/stick/import'), await formOf(`/visits/${mine}`, '/devices/stick/commands/capture')]
    await other.deps.visits.hold(theirs, { station: 'stick', takeOver: true }, 'nurse')
    const late = await take({ forVisit: 'true', wanted: '0123456789abcdef' })
    expect([late.status, (await press()).status, asked]).toEqual([409, 409, []])
    const text = await late.text()
    for (const said of ['no longer with the visit', 'Take the chosen for Baraka Otieno']) expect(text).toContain(said)
  })

  it('takes them for nobody yet all the same, and for the visit that has the device on a page that says so', async () => {
    const [take, press] = [await formOf('/devices/stick', '/devices/stick/import'), await formOf(`/visits/${theirs}`, '/devices/stick/commands/capture')]
    const wanted = '0123456789abcdef'
    expect([(await take({ forVisit: 'true', wanted })).status, (await press()).status]).toEqual([303, 303])
    await other.deps.visits.hold(mine, { station: 'stick', takeOver: true }, 'nurse')
    expect((await take({ wanted })).status).toBe(303)
    expect(asked).toMatchObject([{ name: 'import', values: { forVisit: true } }, { name: 'capture', values: {} }, { name: 'import', values: { forVisit: false } }])
  })
})
