import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { get } from 'node:http'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

let clinic: Clinic
beforeAll(async () => { clinic = await openClinic() })
afterAll(async () => { await clinic?.close() })

/** Body bytes as they cross the Wi-Fi, and the text. */
function fetchRaw(path: string, headers: Record<string, string>): Promise<{ bytes: number; encoding: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(clinic.url + path, { headers: { 'accept-encoding': 'gzip', ...headers } }, (response) => {
      let bytes = JSON.stringify(response.rawHeaders).length
      response.on('data', (chunk: Buffer) => { bytes += chunk.length })
      response.on('end', () => resolve({ bytes, encoding: response.headers['content-encoding'] }))
    }).on('error', reject)
  })
}

describe('weight over the wire', () => {
  it('is under 60 KB for the list of 25 studies with every script, style and icon', async () => {
    for (let seed = 400; seed < 425; seed += 1) await clinic.giveVerdict(await clinic.receive(seed))
    const cookie = await clinic.cookie('operator')
    const page = await (await fetch(clinic.url, { headers: { cookie } })).text()
    const parts = [...new Set([...page.matchAll(/(?:src|href)="(\/static\/[^"#]+)/g)].map((match) => match[1] ?? ''))]
    expect(parts.length).toBeGreaterThanOrEqual(5)
    // Besides what the page names, the shell that its service worker keeps for when there is no line.
    parts.push('/static/service-worker.js', '/static/offline.js', '/offline')
    const sizes = await Promise.all(['/', ...parts].map((path) => fetchRaw(path, { cookie, accept: 'text/html' })))
    expect(sizes[0]?.encoding).toBe('gzip')
    const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(total).toBeLessThan(60_000)
    expect(total).toBeGreaterThan(15_000)
  })

  it('is under 12 KB for the style sheet and for the viewer', async () => {
    for (const path of ['/static/app.css', '/static/viewer.js', '/static/viewer-shapes.js']) expect((await fetchRaw(path, {})).bytes).toBeLessThan(12_000)
  })
})
