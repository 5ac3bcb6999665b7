import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, vi } from 'vitest'
import { encodeHeartbeat, LONGEST_HEARTBEAT_BYTES } from '../../src/domain/heartbeat.js'
import type { Heartbeat } from '../../src/domain/heartbeat.js'
import { renderHeartbeat } from '../../src/operations/heartbeat.js'
import { startHeartbeat, toGateway, warmestCelsius } from '../../src/operations/heartbeat-sender.js'
import { silentLog } from '../../src/platform/log.js'

const beat: Heartbeat = {
  version: '0.1.0', packs: ['dr-fundus/0.3.0', 'tb-chest/0.2.0'], provider: 'cpu', waiting: 2, undelivered: 17, diskFreeBytes: 4e9, celsius: 51,
  ungradableShare: 0.125, problems: 1, clockTrusted: true
}

it('is text that Prometheus takes, and below a kilobyte whatever a box has', () => {
  const text = renderHeartbeat(beat)
  for (const line of text.trim().split('\n')) expect(line).toMatch(/^[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? \d+(\.\d+)?$/)
  expect(text).toContain('screenpost_box_undelivered 17\n')
  expect(text).toContain('screenpost_box_pack{pack="tb-chest/0.2.0"} 1')
  const many = renderHeartbeat({ ...beat, version: 'x"} 1\nforged 1', packs: Array.from({ length: 200 }, (_, index) => `a-pack-with-a-rather-long-name-${index}/10.20.30`) })
  expect(Buffer.byteLength(many)).toBeLessThanOrEqual(LONGEST_HEARTBEAT_BYTES)
  expect(many.split('\n').filter((line) => line.startsWith('forged'))).toEqual([])
})

it('is JSON on the uplink, and below a kilobyte whatever a box has', () => {
  expect(JSON.parse(encodeHeartbeat(beat))).toEqual(beat)
  const many = encodeHeartbeat({ ...beat, version: 'x"y'.repeat(500), provider: 'ö'.repeat(500), packs: Array.from({ length: 200 }, (_, index) => `a-pack-with-a-rather-long-name-${index}/10.20.30`) })
  expect(Buffer.byteLength(many)).toBeLessThanOrEqual(LONGEST_HEARTBEAT_BYTES)
  expect((JSON.parse(many) as Heartbeat).packs.length).toBeGreaterThan(5)
})

it('goes to the gateway under the box\'s name, goes on after a dead link, and ends at once', async () => {
  const heard: { path: string; body: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => { body += String(chunk) })
    request.on('end', () => { heard.push({ path: `${request.method} ${request.url}`, body, authorization: request.headers.authorization }); response.writeHead(heard.length === 1 ? 503 : 200).end() })
  })
  const listen = (port: number): Promise<void> => new Promise((resolve) => { server.listen(port, '127.0.0.1', resolve) })
  const shut = (): Promise<void> => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections() })
  const atLeast = (beats: number): Promise<void> => vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(beats), 10_000)
  await listen(0)
  const { port } = server.address() as AddressInfo
  let asked = 0
  const sender = startHeartbeat({ deliver: toGateway(`http://box7:p%40ss@127.0.0.1:${port}`, 'clinic 7'), everyMs: 20, log: silentLog, read: () => { asked += 1; return Promise.resolve(beat) } })
  await atLeast(3)
  expect(heard[0]).toEqual({ path: 'PUT /metrics/job/screenpost/instance/clinic%207', body: renderHeartbeat(beat), authorization: `Basic ${Buffer.from('box7:p@ss').toString('base64')}` })
  await shut()
  const asking = asked
  await vi.waitFor(() => expect(asked).toBeGreaterThan(asking + 1), 10_000)
  const before = heard.length
  await listen(port)
  await atLeast(before + 1)
  const startedMs = performance.now()
  await sender[Symbol.asyncDispose]()
  expect(performance.now() - startedMs).toBeLessThan(1000)
  await shut()
})

it('reads no temperature where the kernel shows none', async () => {
  expect(await warmestCelsius('/nonexistent')).toBeUndefined()
})

it('is drawn by the dashboard: every number that it asks for is sent', async () => {
  const dashboard = await readFile(new URL('../../provisioning/fleet/dashboard.json', import.meta.url), 'utf8')
  const asked = [...new Set([...dashboard.matchAll(/screenpost_box_[a-z_]+/g)].map(([name]) => name))]
  expect(asked.length).toBeGreaterThan(6)
  // What a relay adds when it hears a box; test/relay holds it to that.
  expect(asked).toContain('screenpost_box_heard_seconds')
  for (const name of asked.filter((each) => each !== 'screenpost_box_heard_seconds')) expect(renderHeartbeat(beat)).toMatch(new RegExp(`^${name}[ {]`, 'm'))
})
