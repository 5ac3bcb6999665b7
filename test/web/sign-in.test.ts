import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWeb } from './harness.js'
import { FIRST, NURSE, cookieOf, logIn, setUp, startTestWeb } from './harness.js'

let web: TestWeb
beforeAll(async () => { web = await startTestWeb() })
afterAll(() => web[Symbol.asyncDispose]())

const events = async (): Promise<string[]> => (await web.deps.audit.recent(20)).map(({ event, by, role }) => `${event} ${by} ${role ?? ''}`.trim())

describe('signing in', () => {
  it('says beside its field what is wrong with the set-up, and that PINs are typed again', async () => {
    const pin = await web.deps.access.newFirstLoginPin() ?? ''
    const refused = async (fields: Record<string, string>): Promise<string> => (await fetch(`${web.url}/setup`, { method: 'POST', body: new URLSearchParams({ firstLoginPin: pin, 'admin-name': 'Ada', 'admin-id': 'ada', 'admin-pin': FIRST.pin, ...fields }), headers: { accept: 'text/html', 'accept-language': 'en' } })).text()
    const wrong = (page: string): string[] => [...page.matchAll(/<input id="f-([\w-]+)"[^>]*aria-describedby="[^"]*\1-error"[^>]*aria-invalid="true"/g)].map(([, name = '']) => name)
    expect(wrong(await refused({ firstLoginPin: '000000' }))).toEqual(['firstLoginPin'])
    expect(wrong(await refused({ 'admin-id': 'Ada Tech' }))).toEqual(['admin-id'])
    const nurse = await refused({ 'nurse-name': 'Maria', 'nurse-id': 'maria', 'nurse-pin': '123456' })
    expect(wrong(nurse)).toEqual(['nurse-pin'])
    expect(nurse).toMatch(/role="alert">[^]*First nurse[^<]*too easy to guess[^<]*Type all PINs again/)
  })

  it('begins with /setup, which the first-login PIN opens once', async () => {
    const page = await fetch(`${web.url}/`, { headers: { accept: 'text/html' }, redirect: 'manual' })
    expect(page.headers.get('location')).toBe('/setup')
    const cookie = await setUp(web)
    expect(cookie).not.toBe('')
    expect((await fetch(`${web.url}/users`, { headers: { cookie, accept: 'text/html' } })).status).toBe(200)
    expect(cookieOf(await fetch(`${web.url}/setup`, { method: 'POST', body: new URLSearchParams({ firstLoginPin: '12345678' }), redirect: 'manual' }))).toBe('')
  })

  it('is recorded, the failed ones too, without what was typed', async () => {
    await logIn(web, NURSE.id, '000001')
    await logIn(web, 'My Own PIN 582913', NURSE.pin)
    await logIn(web, NURSE.id, NURSE.pin)
    expect((await events()).slice(0, 4)).toEqual(['login nurse operator', 'login.failed unknown', 'login.failed nurse', 'setup.failed unknown'])
    expect(await events()).toContain(`setup ${FIRST.id} admin`)
  })

  it('is refused from another site', async () => {
    const answer = await fetch(`${web.url}/login`, { method: 'POST', body: new URLSearchParams({ user: NURSE.id, pin: NURSE.pin }), headers: { origin: 'http://evil.example' }, redirect: 'manual' })
    expect([answer.status, cookieOf(answer)]).toEqual([403, ''])
  })

  it('locks after failures and says for how long', async () => {
    for (let n = 0; n < 5; n += 1) await logIn(web, FIRST.id, '000001')
    const answer = await logIn(web, FIRST.id, FIRST.pin)
    expect(answer.status).toBe(429)
    expect(await answer.text()).toMatch(/seconds|minutes/)
  })
})
