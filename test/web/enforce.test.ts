import { readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../src/access/roles.js'
import { ROLES, may } from '../../src/access/roles.js'
import { PROBES } from '../../src/web/probes.js'
import { csrfOf } from '../../src/web/sessions-cookie.js'
import { FIRST, NURSE, cookieOf, logIn, setUp, startTestWeb } from './harness.js'
import type { TestWeb } from './harness.js'

const repository = resolve(import.meta.dirname, '../..')
let web: TestWeb
const tokens = new Map<Role, Record<string, string>>()
beforeAll(async () => {
  web = await startTestWeb()
  await setUp(web)
  for (const role of ROLES) tokens.set(role, await web.bearer(role))
})
afterAll(() => web[Symbol.asyncDispose]())

const pathOf = (path: string): string => path.replace(':id', '20260101-00000000').replace(/:\w+/g, 'none')
const ask = async (method: string, path: string, headers: Record<string, string>): Promise<Response> => {
  const answer = await fetch(web.url + pathOf(path), { method, headers: { accept: 'application/json', ...headers }, redirect: 'manual' })
  await answer.body?.cancel()
  return answer
}

describe('every route of the table', () => {
  it('is public only where the design says so', () => {
    const open = web.server.routes.filter((route) => route.access === 'public').map((route) => `${route.method} ${route.path}`)
    const probes = ['/generate_204', '/gen_204', '/hotspot-detect.html', '/library/test/success.html', '/connecttest.txt', '/ncsi.txt', '/redirect', '/canonical.html', '/success.txt']
    expect(open.sort()).toEqual([...probes.map((path) => `GET ${path}`), 'GET /healthz', 'GET /login', 'GET /offline', 'GET /setup', 'GET /trust', 'GET /trust/ca.crt', 'GET /trust/qr.svg', 'POST /language', 'POST /login', 'POST /setup'].sort())
  })

  it('is named in docs/api.md where it is public', async () => {
    const [said] = /Public are only .*/.exec(await readFile(join(repository, 'docs/api.md'), 'utf8')) ?? ['']
    const open = web.server.routes.filter(({ access, path }) => access === 'public' && !PROBES.includes(path)).map(({ path }) => `/${path.split('/')[1]}`)
    expect([...new Set(open)].filter((path) => !said.includes(`${path}\``))).toEqual([])
  })

  it('answers with no error that docs/api.md does not list', async () => {
    const [listed] = /^## Errors\n\n.*/m.exec(await readFile(join(repository, 'docs/api.md'), 'utf8')) ?? ['']
    const names = (await readdir(join(repository, 'src/web'), { recursive: true })).filter((name) => name.endsWith('.ts'))
    const sources = await Promise.all(names.map((name) => readFile(join(repository, 'src/web', name), 'utf8')))
    const thrown = new Set(sources.flatMap((text) => [...text.matchAll(/new HttpError\((\d{3})|\? (4\d{2}) : 4\d{2}/g)].map(([, one, other]) => (one ?? other)!)))
    expect([...thrown].length).toBeGreaterThan(10)
    expect([...thrown].filter((status) => !listed.includes(status))).toEqual([])
  })

  it('asks those who are not signed in to do so', async () => {
    for (const route of web.server.routes.filter(({ access }) => access !== 'public')) {
      expect([route.method, route.path, (await ask(route.method, route.path, {})).status]).toEqual([route.method, route.path, 401])
    }
  })

  it.each(ROLES)('gives a %s what the role may and refuses the rest', async (role) => {
    for (const route of web.server.routes.filter(({ access }) => access !== 'public')) {
      const { status } = await ask(route.method, route.path, tokens.get(role) as Record<string, string>)
      const refused = status === 401 || status === 403
      expect([route.method, route.path, refused]).toEqual([route.method, route.path, route.access !== 'public' && !may(role, route.access)])
    }
  })

  it('lets the admin make no clinical edit and the nurse configure nothing', () => {
    expect([may('admin', 'capture'), may('admin', 'review'), may('operator', 'configure'), may('operator', 'review'), may('clinician', 'configure')]).toEqual([false, false, false, false, false])
  })
})

describe('a session', () => {
  it('changes nothing without the token of its forms, nor for another site', async () => {
    const cookie = cookieOf(await logIn(web, NURSE.id, NURSE.pin))
    const csrf = csrfOf(cookie.split('=')[1] as string)
    const register = (headers: Record<string, string>) => fetch(`${web.url}/api/v1/patients`, {
      method: 'POST', body: JSON.stringify({ name: 'A B' }), headers: { cookie, 'content-type': 'application/json', ...headers }
    }).then((answer) => answer.status)
    expect(await register({})).toBe(403)
    expect(await register({ 'x-csrf-token': 'x' })).toBe(403)
    expect(await register({ 'x-csrf-token': csrf, origin: 'http://evil.example' })).toBe(403)
    expect(await register({ 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await register({ 'x-csrf-token': csrf, origin: web.url })).toBe(201)
  })

  it('has a cookie that no script reads and no other site sends', async () => {
    const line = (await logIn(web, NURSE.id, NURSE.pin)).headers.getSetCookie()[0] ?? ''
    expect(line.toLowerCase()).toMatch(/httponly/)
    expect(line.toLowerCase()).toMatch(/samesite=strict/)
  })

  it('ends by signing out and when the account is disabled', async () => {
    const list = (cookie: string) => fetch(`${web.url}/api/v1/studies`, { headers: { cookie } }).then((answer) => answer.status)
    const first = cookieOf(await logIn(web, NURSE.id, NURSE.pin))
    const second = cookieOf(await logIn(web, NURSE.id, NURSE.pin))
    expect(await list(first)).toBe(200)
    await fetch(`${web.url}/logout`, { method: 'POST', headers: { cookie: first }, body: new URLSearchParams({ _csrf: csrfOf(first.split('=')[1] as string) }), redirect: 'manual' })
    expect([await list(first), await list(second)]).toEqual([401, 200])
    await web.deps.access.users.setDisabled(NURSE.id, true)
    expect(await list(second)).toBe(401)
    expect((await logIn(web, NURSE.id, NURSE.pin)).status).toBe(422)
    await web.deps.access.users.setDisabled(NURSE.id, false)
  })

  it('outlives a restart of the service', async () => {
    const cookie = cookieOf(await logIn(web, FIRST.id, FIRST.pin))
    await using again = await startTestWeb({ folder: web.folder })
    expect((await fetch(`${again.url}/api/v1/studies`, { headers: { cookie } })).status).toBe(200)
  })
})

describe('a token', () => {
  it('opens nothing once revoked, and a wrong one is refused in spite of a good cookie', async () => {
    const { token, id } = await web.deps.access.createToken({ role: 'viewer', label: 'x', by: 'test' })
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${web.url}/api/v1/studies`, { headers })).status).toBe(200)
    await web.deps.access.tokens.revoke(id)
    expect((await fetch(`${web.url}/api/v1/studies`, { headers })).status).toBe(401)
    const cookie = cookieOf(await logIn(web, FIRST.id, FIRST.pin))
    expect((await fetch(`${web.url}/api/v1/studies`, { headers: { ...headers, cookie } })).status).toBe(401)
  })
})

describe('an address that is not there', () => {
  it('is told to who is signed in, with the methods that are', async () => {
    const headers = tokens.get('viewer') as Record<string, string>
    expect((await ask('GET', '/api/v1/nothing', headers)).status).toBe(404)
    const wrong = await ask('DELETE', '/api/v1/studies', headers)
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET'])
    const page = await fetch(`${web.url}/`, { headers: { accept: 'text/html' }, redirect: 'manual' })
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login'])
  })
})
