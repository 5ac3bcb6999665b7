import { afterEach, describe, expect, it } from 'vitest'
import { Mounts } from '../../src/platform/mounts.js'
import type { TestWeb } from './harness.js'
import { startTestWeb } from './harness.js'

let web: TestWeb
afterEach(async () => { await web[Symbol.asyncDispose]() })

const send = (path: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${web.url}${path}`, { method: 'POST', headers: { 'content-type': 'multipart/related; boundary=x', accept: 'application/dicom+json', ...headers }, body: 'bytes' })

describe('an address that a device mounted', () => {
  it('gets the stream and the caller, and its answer goes out as it is', async () => {
    const mounts = new Mounts()
    mounts.mount('/stow/studies', async ({ rest, body, headers }) => {
      const chunks: Buffer[] = []
      for await (const chunk of body) chunks.push(chunk as Buffer)
      return { status: 202, headers: { 'Content-Type': 'application/dicom+json' }, body: JSON.stringify([rest, Buffer.concat(chunks).toString(), headers['content-type']]) }
    })
    web = await startTestWeb({ deps: { mounts } })
    const answer = await send('/stow/studies/1.2.3', await web.bearer('operator'))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([202, 'application/dicom+json'])
    expect(await answer.json()).toEqual(['1.2.3', 'bytes', 'multipart/related; boundary=x'])
  })

  it('is closed to who may not capture, and says what to do while no device is there', async () => {
    web = await startTestWeb()
    expect((await send('/stow/studies', await web.bearer('viewer'))).status).toBe(403)
    expect((await send('/stow/studies', { accept: 'application/json' })).status).toBe(401)
    expect((await send('/stow/studies', await web.bearer('operator'))).status).toBe(404)
  })
})
