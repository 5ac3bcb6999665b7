import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Role } from '../../../src/access/roles.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

let clinic: Clinic
beforeAll(async () => { clinic = await openClinic() })
afterAll(async () => { await clinic?.close() })

async function formOf(role: Role) {
  const cookie = await clinic.cookie(role)
  const page = await (await fetch(`${clinic.url}/`, { headers: { cookie, accept: 'text/html' } })).text()
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  return {
    get: async (path: string) => (await fetch(clinic.url + path, { headers: { cookie, accept: 'text/html' } })).text(),
    post: (path: string, fields: Record<string, string>) =>
      fetch(clinic.url + path, { method: 'POST', headers: { cookie, accept: 'text/html', origin: clinic.url }, body: new URLSearchParams({ _csrf: csrf, ...fields }), redirect: 'manual' })
  }
}

it('makes a token that is valid at once and shown this once', async () => {
  const { get, post } = await formOf('admin')
  const answer = await post('/users/tokens', { label: 'district register', 'token-role': 'viewer' })
  const token = /<code class="secret">(sp_[^<]+)<\/code>/.exec(await answer.text())?.[1] ?? ''
  expect(answer.status).toBe(200)
  const status = async (path: string, init: RequestInit = {}) => (await fetch(clinic.url + path, { ...init, headers: { authorization: `Bearer ${token}` } })).status
  expect(await status('/api/v1/studies')).toBe(200)
  expect(await status('/api/v1/uploads', { method: 'POST' })).toBe(403)
  const later = await get('/users')
  expect(later).toContain('district register')
  expect(later).not.toContain(token)
})

it('is called by its label in the figures by person, never by its number', async () => {
  await (await formOf('admin')).post('/users/tokens', { label: 'eye camera app', 'token-role': 'operator' })
  const token = (await clinic.access.tokens.list()).find(({ label }) => label === 'eye camera app')!
  await clinic.giveVerdict(await clinic.receive(71), { source: { kind: 'upload', deviceId: 'upload', operator: `token-${token.id}` } })
  const work = await (await formOf('viewer')).get('/work')
  expect(work).toContain('<bdi>eye camera app</bdi>')
  expect(work).not.toContain(`token-${token.id}`)
})

it('needs a name and a role, and the technician', async () => {
  const { post } = await formOf('admin')
  expect((await post('/users/tokens', { label: '', 'token-role': 'viewer' })).status).toBe(422)
  expect((await post('/users/tokens', { label: 'x', 'token-role': 'boss' })).status).toBe(422)
  expect((await (await formOf('clinician')).post('/users/tokens', { label: 'x', 'token-role': 'admin' })).status).toBe(403)
})
