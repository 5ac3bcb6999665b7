import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { languages } from '../../../src/i18n/catalogues.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

let clinic: Clinic
beforeAll(async () => { clinic = await openClinic() })
afterAll(async () => { await clinic?.close() })

const get = (path: string, headers: Record<string, string> = {}) => fetch(clinic.url + path, { headers: { accept: 'text/html', ...headers }, redirect: 'manual' })
const choose = (fields: Record<string, string>, cookie = '') =>
  fetch(`${clinic.url}/language`, { method: 'POST', headers: { accept: 'text/html', origin: clinic.url, cookie }, body: new URLSearchParams(fields), redirect: 'manual' })
const other = languages.at(-1)?.locale ?? 'en'

describe('the language of the pages', () => {
  it('is what the browser asks for, until somebody chooses', async () => {
    for (const { locale, direction } of languages) {
      expect(await (await get('/login', { 'accept-language': `${locale}-XX, en;q=0.1` })).text()).toContain(`<html lang="${locale}" dir="${direction}">`)
    }
  })

  it('is remembered by the tablet before anybody signs in, also for errors', async () => {
    const answer = await choose({ language: other, next: '/login' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login'])
    const cookie = answer.headers.getSetCookie().map((each) => each.split(';')[0]).join('; ')
    expect(await (await get('/login', { cookie })).text()).toContain(`<html lang="${other}"`)
    const refused = await fetch(`${clinic.url}/language`, { method: 'POST', headers: { accept: 'text/html', cookie, origin: 'https://elsewhere.example' }, redirect: 'manual' })
    expect([refused.status, (await refused.text()).includes(`<html lang="${other}"`)]).toEqual([403, true])
  })

  it('is the person’s own on every tablet once they are signed in', async () => {
    const cookie = await clinic.cookie('operator')
    const csrf = /name="_csrf" value="([^"]+)"/.exec(await (await get('/', { cookie })).text())?.[1] ?? ''
    expect((await choose({ language: other, next: '/patients', _csrf: csrf }, cookie)).headers.get('location')).toBe('/patients')
    const elsewhere = await clinic.cookie('operator')
    expect(await (await get('/', { cookie: elsewhere, 'accept-language': 'en' })).text()).toContain(`<html lang="${other}"`)
    expect(await (await get('/', { cookie: await clinic.cookie('viewer'), 'accept-language': 'en' })).text()).toContain('<html lang="en"')
  })

  it('is one that there is, and leads nowhere else', async () => {
    expect((await choose({ language: 'xx', next: '/' })).status).toBe(400)
    expect((await choose({ language: 'en', next: '//evil.example' })).headers.get('location')).toBe('/')
  })
})
