import { X509Certificate } from 'node:crypto'
import { get } from 'node:http'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LocalCa } from '../../src/access/local-ca.js'
import { openLocalCa } from '../../src/access/local-ca.js'
import { systemClock } from '../../src/platform/clock.js'
import { admission } from '../../src/web/transport.js'
import type { TestWeb } from './harness.js'
import { FIRST, setUp, startTestWeb } from './harness.js'

const lan = Object.values(networkInterfaces()).flatMap((each) => each ?? []).find(({ family, internal }) => family === 'IPv4' && !internal)?.address
let folder: string
let ca: LocalCa
let web: TestWeb
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-tls-'))
  ca = await openLocalCa({ folder: join(folder, 'tls'), clock: systemClock, clockTrusted: () => true, addresses: () => (lan ? [lan] : []) })
  web = await startTestWeb({ deps: { listen: { host: '0.0.0.0', port: 0 }, https: { port: 0, ca, allowPlain: false } } })
})
afterAll(async () => {
  await web[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const authority = (): string => new X509Certificate(ca.der).toString()

/** As a tablet that trusts the authority and nothing else. */
function secure(path: string, options: { host?: string; method?: string; body?: string; headers?: Record<string, string> } = {}): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', servername: 'screenpost.home.arpa', port: web.server.https.securePort, path, method: options.method ?? 'GET', ca: authority(), headers: options.headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }))
    })
    asked.on('error', reject).end(options.body)
  })
}

describe('the secure page', () => {
  it('is served under the appliance’s name to whoever trusts its authority, with a cookie for secure lines only', async () => {
    expect((await secure('/healthz')).text).toBe('{"ok":true}')
    await setUp(web)
    const body = new URLSearchParams({ user: FIRST.id, pin: FIRST.pin }).toString()
    const answer = await secure('/login', { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect([answer.status, answer.headers['set-cookie']?.[0]]).toEqual([303, expect.stringContaining('secure')])
  })

  it('is refused by who does not', async () => {
    await expect(fetch(`https://127.0.0.1:${web.server.https.securePort}/healthz`)).rejects.toThrow()
  })

  it('reports a taken port, and the plain page of the machine itself goes on', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((opened) => other.once('listening', opened))
    const { port } = other.address() as AddressInfo
    await using second = await startTestWeb({ deps: { listen: { host: '127.0.0.1', port: 0 }, https: { port, ca, allowPlain: false } } })
    expect(second.server.https.securePort).toBeUndefined()
    expect(second.server.https.problem).toMatchObject({ code: 'https-port', message: expect.stringMatching(`HTTPS port ${port} is in use.*SCREENPOST_HTTPS_PORT`) })
    expect((await fetch(`${second.url}/login`, { redirect: 'manual' })).status).toBe(303)
    other.close()
  })
})

describe('the page about trust', () => {
  it('gives the certificate, its fingerprint, and the way for both kinds of tablet', async () => {
    const page = await (await fetch(`${web.url}/trust`)).text()
    expect(page).toContain(ca.fingerprint)
    expect(page).toMatch(/On Android[\s\S]*On iPad/)
    const answer = await fetch(`${web.url}/trust/ca.crt`)
    expect([answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer()).equals(ca.der)]).toEqual(['application/x-x509-ca-cert', true])
    expect(await (await fetch(`${web.url}/trust/qr.svg`)).text()).toMatch(/^<svg/)
  })
})

describe.skipIf(!lan)('the plain page from another machine (absent: a network address beside loopback)', () => {
  const plain = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://${lan}:${web.server.port}${path}`, { redirect: 'manual', ...init })

  it('gives what helps to trust, and nothing else', async () => {
    for (const path of ['/trust', '/trust/ca.crt', '/trust/qr.svg', '/healthz', '/static/app.css', '/static/icons.svg']) expect([path, (await plain(path)).status]).toEqual([path, 200])
    expect((await plain('/generate_204')).headers.get('location')).toBe('/trust')
    for (const path of ['/', '/login', '/setup', '/metrics', '/events', '/static/capture.js', '/api/v1/openapi.json', '/studies/20260101-AAAAAAAA']) {
      const answer = await plain(path)
      expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 307, `https://${lan}:${web.server.https.securePort}${path}`])
    }
  })

  it('takes no PIN', async () => {
    expect((await plain('/login', { method: 'POST', body: new URLSearchParams({ user: FIRST.id, pin: FIRST.pin }) })).status).toBe(307)
  })

  it('tells a program why, in JSON', async () => {
    const answer = await plain('/api/v1/studies', { headers: await web.bearer('viewer') })
    expect(answer.status).toBe(307)
    expect(await answer.json()).toEqual({ error: { code: 'use-https', message: expect.stringMatching(/^Use https:.*never send a token over http/) } })
  })

  it('sends nobody to a foreign host, whatever the request names', async () => {
    const location = await new Promise((resolve, reject) => {
      get({ host: lan, port: web.server.port, path: '/', headers: { host: 'bank.example' } }, (answer) => resolve(answer.resume().headers.location)).on('error', reject)
    })
    expect(location).toBe(`https://${lan}:${web.server.https.securePort}/`)
  })

  it('is whole where the site accepts the risk', async () => {
    await using open = await startTestWeb({ deps: { listen: { host: '0.0.0.0', port: 0 }, https: { port: 0, ca, allowPlain: true } } })
    expect((await fetch(`http://${lan}:${open.server.port}/setup`)).status).toBe(200)
  })
})

describe('admission', () => {
  const https = { port: 0, allowPlain: false } as Parameters<typeof admission>[1]
  const line = { secure: false, remoteAddress: '192.168.7.20', method: 'GET', path: '/' }
  it('goes by the line alone', () => {
    expect(admission(line, https)).toBe('none')
    expect(admission({ ...line, path: '/trust' }, https)).toBe('trust')
    expect(admission({ ...line, path: '/trust', method: 'POST' }, https)).toBe('none')
    expect(admission({ ...line, path: '/static/../api/v1/studies.css' }, https)).toBe('none')
    expect(admission({ ...line, remoteAddress: undefined }, https)).toBe('none')
    for (const remoteAddress of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(admission({ ...line, remoteAddress }, https)).toBe('all')
    expect(admission({ ...line, secure: true }, https)).toBe('all')
    expect(admission(line, undefined)).toBe('all')
  })
})
