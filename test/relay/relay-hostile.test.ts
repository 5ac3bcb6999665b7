import { request as httpRequest } from 'node:http'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { film, terms } from '../uplink/transports/cargo.js'
import { clinic, relayHouse } from './relay-house.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

type Sent = { readonly method: string; readonly path: string; readonly headers?: Record<string, string>; readonly body?: Uint8Array | string }

/** As it stands: fetch would tidy paths and headers. */
function raw(url: string, { method, path, headers = {}, body }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, path, headers }, (response) => { response.resume().on('end', () => resolve(response.statusCode ?? 0)) })
    request.on('error', reject)
    request.end(body)
  })
}

async function house() {
  const made = await relayHouse(closers)
  const authorization = `Bearer ${made.token}`
  const tus = { authorization, 'tus-resumable': '1.0.0' }
  const works = async (): Promise<void> => {
    const { transport } = await clinic(closers, { url: made.relay.url, bearer: made.token })
    expect((await transport.send([film('7.1')], terms())).answers[0]!.kind).toBe('stored')
  }
  return { ...made, authorization, tus, works }
}

const pair = (key: string, value: string): string => `${key} ${Buffer.from(value).toString('base64')}`
const head = { sopClassUid: '1.2', sopInstanceUid: '7.5', transferSyntaxUid: '1.2.840.10008.1.2.1', sha256: 'a'.repeat(64) }
const metadata = (more: Record<string, string> = {}): string => Object.entries({ ...head, ...more }).map(([key, value]) => pair(key, value)).join(',')

describe('a relay on the open net', { timeout: 60_000 }, () => {
  it.each([
    ['no metadata', {}], ['a path for a UID', { 'upload-metadata': metadata({ sopInstanceUid: '../../x' }) }], ['a hash of other letters', { 'upload-metadata': metadata({ sha256: 'Z'.repeat(64) }) }],
    ['another clinic\'s name', { 'upload-metadata': metadata({ clinic: 'valley', sopInstanceUid: '' }) }], ['no length', { 'upload-metadata': metadata(), 'upload-defer-length': '1', 'upload-length': '' }],
    ['more than there may be', { 'upload-metadata': metadata(), 'upload-length': String(2 ** 40) }], ['a negative length', { 'upload-metadata': metadata(), 'upload-length': '-5' }],
    ['a length in words', { 'upload-metadata': metadata(), 'upload-length': 'many' }], ['metadata that is no base 64', { 'upload-metadata': 'sopClassUid %%%, , x' }]
  ])('refuses an upload that announces %s', async (_, headers) => {
    const { relay, tus, works, dataFolder } = await house()
    const status = await raw(relay.url, { method: 'POST', path: '/objects', headers: { 'upload-length': '10', ...tus, ...headers } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(await readdir(join(dataFolder, 'uploads'))).toEqual([])
    await works()
  })

  it('keeps nothing of bytes that have another hash than was said', async () => {
    const { relay, tus, works, dataFolder } = await house()
    const { file, sopClassUid, sopInstanceUid } = film('7.5')
    const said = metadata({ sopClassUid, sopInstanceUid, sha256: 'b'.repeat(64) })
    const headers = { ...tus, 'upload-length': String(file.byteLength), 'upload-metadata': said, 'content-type': 'application/offset+octet-stream' }
    expect(await raw(relay.url, { method: 'POST', path: '/objects', headers, body: file })).toBe(460)
    expect(await readdir(join(dataFolder, 'uploads'))).toEqual([])
    expect(relay.store.withUid(sopInstanceUid)).toEqual([])
    await works()
  })

  it('takes no clinic\'s name from an announcement', async () => {
    const { relay, tus, works } = await house()
    expect(await raw(relay.url, { method: 'POST', path: '/objects', headers: { 'upload-length': '10', ...tus, 'upload-metadata': metadata({ clinic: 'valley' }) } })).toBe(201)
    await works()
  })

  it.each(['/objects/../clinics.json', '/objects/..%2fclinics.json', '/objects/%2e%2e', '/objects/%00', '/objects/%', '/objects/x.json', '//objects//', `/objects/${'a'.repeat(4000)}`].map((path) => [path.slice(0, 40), path] as const))('gives nothing away at %s', async (_, path) => {
    const { relay, tus, works, dataFolder } = await house()
    for (const method of ['HEAD', 'PATCH', 'DELETE', 'GET']) {
      const status = await raw(relay.url, { method, path, headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }, ...(method === 'PATCH' ? { body: 'x' } : {}) })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    }
    expect((await stat(join(dataFolder, 'clinics.json'))).size).toBeGreaterThan(50)
    await works()
  })

  it('lets no clinic go on with another\'s upload', async () => {
    const { relay, tus, dataFolder } = await house()
    expect(await raw(relay.url, { method: 'POST', path: '/objects', headers: { ...tus, 'upload-length': '10', 'upload-metadata': metadata() } })).toBe(201)
    const id = (await readdir(join(dataFolder, 'uploads'))).find((name) => !name.endsWith('.json'))!
    const other = { ...tus, authorization: `Bearer ${await relay.clinics.add('valley')}` }
    for (const method of ['HEAD', 'PATCH', 'DELETE']) {
      expect(await raw(relay.url, { method, path: `/objects/${id}`, headers: { ...other, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }, ...(method === 'PATCH' ? { body: 'x' } : {}) })).toBe(404)
    }
    expect(await raw(relay.url, { method: 'HEAD', path: `/objects/${id}`, headers: tus })).toBe(200)
  })

  it('survives any announcement and any question', async () => {
    const { relay, tus, authorization, works } = await house()
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 200 })
    await fc.assert(fc.asyncProperty(text, text, fc.oneof(fc.integer().map(String), text.map((one) => one.trim() || '0')), async (key, value, length) => {
      const status = await raw(relay.url, { method: 'POST', path: '/objects', headers: { ...tus, 'upload-length': length, 'upload-metadata': `${metadata()},${key} ${value}` } })
      expect(status).toBeLessThan(500)
    }), { numRuns: 60 })
    await fc.assert(fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.array(fc.string()).map((sopInstanceUids) => JSON.stringify({ sopInstanceUids }))), async (body) => {
      expect([200, 400]).toContain(await raw(relay.url, { method: 'POST', path: '/receipts', headers: { authorization }, body }))
    }), { numRuns: 60 })
    expect(await raw(relay.url, { method: 'POST', path: '/receipts', headers: { authorization }, body: JSON.stringify({ sopInstanceUids: Array.from({ length: 501 }, () => '1.2') }) })).toBe(400)
    expect(await raw(relay.url, { method: 'POST', path: '/receipts', headers: { authorization }, body: 'x'.repeat(1_000_000) }).catch(() => 400)).toBe(400)
    await works()
  })
})
