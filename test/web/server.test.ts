import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PortError } from '../../src/web/server.js'
import type { TestWeb } from './harness.js'
import { startTestWeb } from './harness.js'

let web: TestWeb
let viewer: Record<string, string>
beforeAll(async () => {
  web = await startTestWeb({ limits: { headersTimeoutMs: 1000, heartbeatMs: 100, maxEventStreams: 3 } })
  viewer = await web.bearer('viewer')
})
afterAll(() => web[Symbol.asyncDispose]())

describe('live events', () => {
  async function listen(): Promise<{ next(event: string): Promise<string>; stop(): Promise<void> }> {
    const answer = await fetch(`${web.url}/events`, { headers: viewer })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    let text = ''
    return {
      next: async (event) => {
        for (;;) {
          const found = new RegExp(`event: ${event}\\ndata: (.*)\\n\\n`).exec(text)
          if (found) return found[1] as string
          const { value, done } = await reader.read()
          if (done) throw new Error('ended')
          text += Buffer.from(value).toString()
        }
      },
      stop: () => reader.cancel()
    }
  }

  it('tell of a new study', async () => {
    const live = await listen()
    const study = await web.newStudy(1)
    expect(JSON.parse(await live.next('study'))).toMatchObject({ id: study.id, state: 'received' })
    await live.stop()
  })

  it('drop a browser that never reads, while the others hear on', async () => {
    let fire = (): void => undefined
    await using busy = await startTestWeb({ deps: { devices: { status: () => [], subscribe: (listener) => { fire = listener; return () => undefined } } } })
    const headers = await busy.bearer('viewer')
    const deaf = connect(busy.server.port, '127.0.0.1').on('error', () => undefined)
    deaf.write(`GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers['authorization']}\r\n\r\n`)
    await new Promise((resolve) => deaf.once('readable', resolve))
    const hears = await fetch(`${busy.url}/events`, { headers })
    let heard = 0
    const reading = (async () => { for await (const part of hears.body as unknown as AsyncIterable<Uint8Array>) heard += part.length })().catch(() => undefined)
    const listeners = async () => /screenpost_live_pages (\d)/.exec(await (await fetch(`${busy.url}/metrics`, { headers })).text())?.[1]
    let sent = 0
    for (; (await listeners()) === '2' && sent < 40e6; ) {
      for (let n = 0; n < 100; n += 1) {
        for (let each = 0; each < 500; each += 1) fire()
        sent += 500 * 'event: devices\ndata: {}\n\n'.length
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    expect(await listeners()).toBe('1')
    await expect.poll(() => heard).toBeGreaterThanOrEqual(sent)
    deaf.destroy()
    await busy.server.close()
    await reading
  })

  it('are so many and no more', async () => {
    const held = [await listen(), await listen(), await listen()]
    expect((await fetch(`${web.url}/events`, { headers: viewer })).status).toBe(503)
    await Promise.all(held.map((each) => each.stop()))
  })

  it('end when the right to them ends', async () => {
    const { token, id } = await web.deps.access.createToken({ role: 'viewer', label: 'x', by: 'test' })
    const answer = await fetch(`${web.url}/events`, { headers: { authorization: `Bearer ${token}` } })
    await web.deps.access.tokens.revoke(id)
    await expect((async () => { for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) void part })()).rejects.toThrow()
  })
})

describe('static parts', () => {
  it.each(['app.css', 'vendor/htmx.js', 'vendor/hx-sse.js', 'vendor/tus.js'])('serve %s compressed and unchanged ones not again', async (name) => {
    const answer = await fetch(`${web.url}/static/${name}`, { headers: { 'accept-encoding': 'br' } })
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'br'])
    expect((await answer.text()).length).toBeGreaterThan(500)
    expect((await fetch(`${web.url}/static/${name}`, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } })).status).toBe(304)
    expect((await fetch(`${web.url}/static/${name}?v=1`)).headers.get('cache-control')).toContain('immutable')
  })

  it('lie nowhere else', async () => {
    for (const path of ['/static/../package.json', '/static/%2e%2e/package.json', '/static/..%2fpackage.json', '/static/nothing.js', '/static/']) {
      expect([path, (await fetch(web.url + path, { headers: { accept: 'application/json' } })).status]).not.toEqual([path, 200])
    }
  })
})

describe('the server', () => {
  it('sends the headers that keep others out', async () => {
    const { headers } = await fetch(`${web.url}/login`, { redirect: 'manual' })
    expect(headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('says only ok to those who ask for its health', async () => {
    expect(await (await fetch(`${web.url}/healthz`)).json()).toEqual({ ok: true })
    await using ill = await startTestWeb({ deps: { isHealthy: async () => false } })
    const answer = await fetch(`${ill.url}/healthz`)
    expect([answer.status, await answer.json()]).toEqual([503, { ok: false }])
    const status = { ...web.deps.reader.status(), packs: [] }
    await using bare = await startTestWeb({ deps: { reader: { ...web.deps.reader, status: () => status } } })
    expect([(await fetch(`${bare.url}/healthz`)).status, (await fetch(`${bare.url}/healthz?packs`)).status, (await fetch(`${web.url}/healthz?packs`)).status]).toEqual([200, 503, 200])
  })

  it('lets go of a connection that does not say what it wants', async () => {
    const began = Date.now()
    const untilClosed = (said: string): Promise<string> => new Promise((resolve) => {
      let heard = ''
      const socket = connect(web.server.port, '127.0.0.1', () => socket.write(said))
      socket.on('error', () => undefined)
      socket.on('data', (bytes: Buffer) => { heard += bytes.toString() })
      socket.once('close', () => resolve(heard))
    })
    // A browser that takes a line which it had opened ahead would take a word on it for its answer; after none it asks again.
    expect(await Promise.all(['', 'GET / HTTP/1.1\r\nX: '].map(untilClosed))).toEqual(['', ''])
    expect(Date.now() - began).toBeLessThan(15_000)
    expect(await untilClosed('NONSENSE\r\n\r\n')).toContain('400 Bad Request')
  })

  it('takes no large body where none belongs', async () => {
    const answer = await fetch(`${web.url}/login`, { method: 'POST', body: new URLSearchParams({ user: 'x'.repeat(70_000) }) })
    expect(answer.status).toBe(413)
  })

  it('says in words that the port is taken', async () => {
    const busy = startTestWeb({ deps: { listen: { host: '127.0.0.1', port: web.server.port } } })
    await expect(busy).rejects.toThrow(PortError)
    await expect(busy).rejects.toThrow(/in use by another program/)
  })

  it('leads phones that look for a way out to the page', async () => {
    const answer = await fetch(`${web.url}/generate_204`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/'])
  })

  it('answers nothing when the record can not be written', async () => {
    const audit = { record: async () => { throw new Error('disk') }, recent: async () => [] } as unknown as TestWeb['deps']['audit']
    await using mute = await startTestWeb({ deps: { audit } })
    const answer = await fetch(`${mute.url}/api/v1/studies`, { headers: await mute.bearer('viewer') })
    expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: 'audit-unavailable' } }])
  })
})
