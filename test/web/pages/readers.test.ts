import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/access/roles.js'
import { RevisionConflictError } from '../../../src/domain/errors.js'
import type { Study } from '../../../src/domain/study.js'
import { attachFree } from '../../../src/web/attach-free.js'
import { csrfOf } from '../../../src/web/sessions-cookie.js'
import type { Clinic } from './clinic.js'
import { PIN, openClinic } from './clinic.js'
import { dayOf } from '../../../src/web/register.js'

let clinic: Clinic
let second: string
beforeAll(async () => {
  clinic = await openClinic()
  await clinic.access.users.add({ id: 'second', name: 'Test second', role: 'clinician', pin: PIN }, 'test')
  second = `screenpost_session=${await clinic.access.sessions.start('second')}`
})
afterAll(() => clinic.close())

const get = async (path: string, cookie: string): Promise<string> => (await fetch(clinic.url + path, { headers: { cookie } })).text()
const post = (path: string, cookie: string, form: Record<string, string>): Promise<Response> => fetch(clinic.url + path, {
  method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ ...form, _csrf: csrfOf(cookie.split('=')[1] ?? '') })
})
const cookieOf = (role: Role): Promise<string> => clinic.cookie(role)
let seed = 500
const newStudy = async (): Promise<string> => {
  const id = await clinic.receive(seed += 1)
  await clinic.giveVerdict(id)
  return id
}

describe('reading by two', () => {
  it('hides the first decision from the second reader in page, list, API and report, and shows both after', async () => {
    const [id, first, nurse] = [await newStudy(), await cookieOf('clinician'), await cookieOf('operator')]
    expect((await post(`/studies/${id}/review`, first, { action: 'change', level: 'routine', text: 'Come back in a year.', reason: 'scarred-macula' })).status).toBe(303)
    await post(`/studies/${id}/note`, first, { text: 'told-the-family' })
    const [blind, seen] = [await get(`/studies/${id}`, second), await get(`/studies/${id}`, nurse)]
    expect(blind).toContain('You are the second reader.')
    expect(blind).not.toMatch(/scarred-macula|Come back in a year|told-the-family/)
    expect(seen).toMatch(/scarred-macula/)
    expect(await get('/', second)).toContain('Second reading')
    expect(await get(`/api/v1/studies/${id}`, second)).not.toMatch(/scarred-macula/)
    expect((await fetch(`${clinic.url}/api/v1/studies/${id}/report.pdf`, { headers: { cookie: second } })).status).toBe(403)
    const day = dayOf(new Date((await clinic.store.read(id)).receivedAt))
    const [blindRow, seenRow] = (await Promise.all([second, nurse].map((cookie) => get(`/register?day=${day}`, cookie)))).map((text) => text.split('<tr').find((row) => row.includes(id)) ?? '')
    expect(blindRow).toContain('Second reading')
    expect(seenRow).not.toContain('Second reading')
    expect(seenRow).toContain('Come back in a year.')
    expect(blindRow).not.toContain('Come back in a year.')
    expect((await post(`/studies/${id}/review`, second, { action: 'accept' })).status).toBe(303)
    const after = await get(`/studies/${id}`, second)
    expect(after).toContain('The readers disagree.')
    expect(after).toMatch(/scarred-macula/)
    expect((await clinic.store.read(id)).reviews.map(({ by, blind: unseen }) => [by, unseen ?? false])).toEqual([['clinician', false], ['second', true]])
    expect(clinic.store.summary(id)).toMatchObject({ triageLevel: 'urgent', second: { state: 'discordant' } })
  })
})

describe('a report of a study that is still being read', () => {
  it('is none yet, in words', async () => {
    const [id, nurse] = [await clinic.receive(seed += 1), await cookieOf('operator')]
    const answer = await fetch(`${clinic.url}/api/v1/studies/${id}/report.pdf`, { headers: { cookie: nurse } })
    expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining('still being read')])
  })
})

describe('two tablets', () => {
  it('editing one study: the second is told, and nothing of either is lost', async () => {
    const [id, one] = [await newStudy(), await cookieOf('clinician')]
    const revision = String((await clinic.store.read(id)).revision)
    expect((await post(`/studies/${id}/review`, one, { action: 'reject', reason: 'lid in the way', revision })).status).toBe(303)
    const late = await post(`/studies/${id}/review`, one, { action: 'change', level: 'soon', text: 'See her in a week.', reason: 'my own words', revision })
    const page = await late.text()
    expect(late.status).toBe(409)
    expect(page).toContain('Somebody changed this study while you were writing.')
    expect(page).toMatch(/my own words/)
    expect(page).toMatch(/See her in a week\./)
    expect((await clinic.store.read(id)).reviews.map(({ reason }) => reason)).toEqual(['lid in the way'])
  })

  it('editing one person: the second is told, with both texts on the page', async () => {
    const nurse = await cookieOf('operator')
    const made = await clinic.patients.register({ name: 'Two Tablets', village: 'Before' }, 'nurse')
    const id = made.ok ? made.value.id : ''
    expect((await post(`/patients/${id}`, nurse, { name: 'Two Tablets', village: 'First writer', revision: '1' })).status).toBe(303)
    const late = await post(`/patients/${id}`, nurse, { name: 'Two Tablets', village: 'Second writer', revision: '1' })
    const page = await late.text()
    expect([late.status, page.includes('First writer'), page.includes('Second writer')]).toEqual([409, true, true])
    expect(clinic.patients.get(id)).toMatchObject({ village: 'First writer', revision: 2 })
  })
})

describe('a photo that the other tablet has given to somebody meanwhile', () => {
  it('stays theirs when somebody else is registered from its page, or found to be here already', async () => {
    const [id, nurse] = [await newStudy(), await cookieOf('operator')]
    const theirs = await clinic.person('Halima Given')
    await clinic.commands.attach(id, theirs, { by: 'clinician' })
    const registered = await post('/patients', nurse, { name: 'Zuberi Late', study: id })
    expect([registered.status, await registered.text()]).toEqual([409, expect.stringContaining('Somebody changed this study meanwhile')])
    expect((await clinic.store.read(id)).patientId).toBe(theirs)
    expect(clinic.patients.search('Zuberi Late', 5)).toEqual([])
    const similar = await post(`/studies/${id}/attach`, nurse, { name: 'Zuberi Late', study: id, patientId: await clinic.person('Zuberi Late') })
    expect([similar.status, await similar.text()]).toEqual([409, expect.stringContaining('Somebody changed this study meanwhile')])
    expect((await clinic.store.read(id)).patientId).toBe(theirs)
  })

  it('is given where it was only read meanwhile, and stays with whom it was given to in that moment', async () => {
    const [mine, theirs] = [await clinic.person('Rehema Mine'), await clinic.person('Sanaa Theirs')]
    const attachAfter = (meanwhile: (study: Study) => Study) => async (id: string): Promise<unknown> => {
      let isFirst = true
      const attach: typeof clinic.commands.attach = async (...asked) => {
        if (isFirst) await clinic.store.change(id, { by: 'system', event: 'meanwhile' }, meanwhile)
        isFirst = false
        return clinic.commands.attach(...asked)
      }
      return attachFree({ ...clinic, commands: { ...clinic.commands, attach } }, { id, patientId: mine }, 'operator')
    }
    expect(await attachAfter((study) => ({ ...study, modality: 'fundus' }))(await newStudy())).toMatchObject({ ok: true, value: { patientId: mine } })
    const given = await newStudy()
    await expect(attachAfter((study) => ({ ...study, patientId: theirs }))(given)).rejects.toThrow(RevisionConflictError)
    expect((await clinic.store.read(given)).patientId).toBe(theirs)
  })

  it('has nothing said of them that was written of somebody else, on a page that was made before', async () => {
    const [id, nurse, before, now] = [await newStudy(), await cookieOf('operator'), await clinic.person('Salma Before'), await clinic.person('Juma Now')]
    const formsOf = async (): Promise<string[]> => [...(await get(`/studies/${id}`, nurse)).matchAll(/name="of" value="([^"]*)"/g)].map(([, of = '']) => of)
    const result = { result: 'eye-doctor-grade/severe', onDate: '2026-01-06' }
    expect(await formsOf()).toEqual(['', ''])
    await clinic.commands.attach(id, before, { by: 'clinician' })
    expect(await formsOf()).toEqual([before, before])
    await clinic.commands.attach(id, now, { by: 'clinician' })
    for (const late of [await post(`/studies/${id}/note`, nurse, { of: before, text: 'lives alone' }), await post(`/studies/${id}/outcome`, nurse, { of: before, ...result })]) {
      expect([late.status, await late.text()]).toEqual([409, expect.stringContaining('Somebody changed this study meanwhile')])
    }
    expect(await clinic.store.read(id)).not.toMatchObject({ notes: expect.anything() as unknown })
    expect(await clinic.store.read(id)).not.toMatchObject({ outcomes: expect.anything() as unknown })
    expect((await post(`/studies/${id}/note`, nurse, { of: now, text: 'came with a sister' })).status).toBe(303)
    expect((await post(`/studies/${id}/outcome`, nurse, { of: '', ...result })).status).toBe(303)
  })

  it('is theirs who was registered from its page while it was still being read', async () => {
    const [id, nurse] = [await clinic.receive(seed += 1), await cookieOf('operator')]
    await clinic.giveVerdict(id)
    const registered = await post('/patients', nurse, { name: 'Neema Early', study: id })
    expect([registered.status, registered.headers.get('location')]).toEqual([303, `/studies/${id}?done=saved`])
    const { patientId = '' } = await clinic.store.read(id)
    expect(clinic.patients.find(patientId)?.name).toBe('Neema Early')
  })
})

describe('beside the verdict', () => {
  it('a clinician marks a place that everybody sees, and takes it off', async () => {
    const [id, doctor, nurse] = [await newStudy(), await cookieOf('clinician'), await cookieOf('operator')]
    const place = { frame: '0', x: '0.25', y: '0.25', width: '0.5', height: '0.25', text: 'drusen here' }
    expect((await post(`/studies/${id}/region`, nurse, place)).status).toBe(403)
    expect((await post(`/studies/${id}/region`, doctor, place)).status).toBe(303)
    expect(await get(`/studies/${id}`, nurse)).toMatch(/<rect class="over" x="64" y="64" width="128" height="64">[\s\S]*drusen here/)
    expect((await post(`/studies/${id}/region`, doctor, { ...place, width: '0.9' })).status).toBe(422)
    const [region] = (await clinic.store.read(id)).regions ?? []
    await post(`/studies/${id}/region`, doctor, { withdraw: region?.id ?? '' })
    expect(await get(`/studies/${id}`, nurse)).not.toContain('drusen here')
  })

  it('a nurse enters what came back, and an earlier result stays to be seen', async () => {
    const [id, nurse] = [await newStudy(), await cookieOf('operator')]
    expect((await post(`/studies/${id}/outcome`, nurse, { result: 'xpert/tb-found', onDate: '2026-01-05' })).status).toBe(422)
    expect((await post(`/studies/${id}/outcome`, nurse, { result: 'eye-doctor-grade/mild', onDate: '2026-01-05' })).status).toBe(303)
    expect((await post(`/studies/${id}/outcome`, nurse, { result: 'eye-doctor-grade/severe', onDate: '2026-01-06', note: 'hospital letter' })).status).toBe(303)
    const page = await get(`/studies/${id}`, nurse)
    expect(page).toMatch(/severe[\s\S]*hospital letter[\s\S]*<s>[\s\S]*mild[\s\S]*replaced later/)
  })
})
