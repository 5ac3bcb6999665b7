import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { encodeHeartbeat, type Heartbeat } from '../../src/domain/heartbeat.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { RelayHeartbeats } from '../../src/relay/heartbeats.js'
import { relayLog } from '../../src/relay/log-events.js'
import { RemoteWrite, type Series, type Written } from '../../src/relay/remote-write.js'
import type { Transport } from '../../src/uplink/transports/transport.js'
import { waitFor } from '../flows/appliance.js'
import { describeWith, peerPath } from '../flows/peers.js'
import { clinic, relayHouse } from './relay-house.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

const beat: Heartbeat = { version: '0.1.0', packs: ['tb-chest/0.2.0'], provider: 'cpu', waiting: 2, undelivered: 17, diskFreeBytes: 4_000_000_000, celsius: 51, ungradableShare: 0.125, problems: 1, clockTrusted: true }
const terms = { signal: new AbortController().signal, pace: () => Promise.resolve() }
const tell = (transport: Transport, heartbeat = encodeHeartbeat(beat)) => transport.beat!(heartbeat, terms)

async function house(remoteWrite?: RemoteWrite) {
  const { start } = await relayHouse(closers)
  const relay = await start(remoteWrite ? { heartbeats: remoteWrite } : {})
  closers.push(async () => relay[Symbol.asyncDispose]())
  return { relay, ...(await clinic(closers, { url: relay.url, bearer: await relay.clinics.add('hill') })) }
}

it('says that it takes none when nobody listens behind it, and to nobody without a token', async () => {
  const { transport, relay } = await house()
  expect(await tell(transport)).toMatchObject({ ok: false, error: { code: 'wrong-address' } })
  const stranger = await clinic(closers, { url: relay.url, bearer: 'relay-nobody' })
  expect(await tell(stranger.transport)).toMatchObject({ ok: false, error: { code: 'not-authorised' } })
})

describeWith(['prometheus'], 'behind the relay: Prometheus', () => {
  /** A Prometheus that scrapes nothing and takes remote write. */
  async function startPrometheus(): Promise<{ url: string; ask(query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> }> {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
    await writeFile(join(folder, 'prometheus.yml'), 'scrape_configs: []\n')
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const process = spawn(peerPath('prometheus')!, [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, '--web.enable-remote-write-receiver'], { stdio: 'ignore' })
    const ended = new Promise((resolve) => { process.once('exit', resolve) })
    closers.push(() => rm(folder, { recursive: true, force: true }), () => { process.kill('SIGTERM'); return ended })
    await waitFor(() => fetch(`${url}/-/ready`).then(({ ok }) => ok || undefined, () => undefined), { timeoutMs: 60_000, hint: () => 'Prometheus does not start' })
    return { url, ask: async (query) => ((await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)).json()) as { data: { result: [] } }).data.result }
  }

  it('has every number under the name that the clinic\'s token has', async () => {
    const prometheus = await startPrometheus()
    const { transport } = await house(new RemoteWrite({ url: `${prometheus.url}/api/v1/write` }))
    expect(await tell(transport)).toEqual({ ok: true, value: true })
    const found = await waitFor(async () => { const all = await prometheus.ask('{instance="hill"}'); return all.length > 0 ? all : undefined }, { timeoutMs: 30_000, hint: () => 'nothing arrived' })
    const named = Object.fromEntries(found.map(({ metric: { __name__: name = '', ...labels }, value: [, value] }) => [name, { ...labels, value }]))
    const common = { instance: 'hill', job: 'screenpost' }
    expect(named).toMatchObject({
      screenpost_box_info: { ...common, version: '0.1.0', provider: 'cpu', value: '1' }, screenpost_box_undelivered: { ...common, value: '17' }, screenpost_box_ungradable_share: { value: '0.125' },
      screenpost_box_pack: { ...common, pack: 'tb-chest/0.2.0', value: '1' }, screenpost_box_disk_free_bytes: { value: '4000000000' }, screenpost_box_clock_trusted: { value: '1' }
    })
    expect(Math.abs(Number(named['screenpost_box_heard_seconds']!.value) - Date.now() / 1000)).toBeLessThan(60)
    await tell(transport, encodeHeartbeat({ ...beat, undelivered: 3 }))
    await waitFor(async () => (await prometheus.ask('screenpost_box_undelivered'))[0]?.value[1] === '3' || undefined, { timeoutMs: 30_000, hint: () => 'the second did not arrive' })
  }, 120_000)
})

it('takes what is no heartbeat from nobody', async () => {
  const { transport } = await house(new RemoteWrite({ url: 'http://127.0.0.1:9/write' }))
  for (const bad of ['', 'null', '{"version":"0.1.0"}', encodeHeartbeat({ ...beat, waiting: -1 }), `${encodeHeartbeat(beat).slice(0, -1)},"more":"${'x'.repeat(1000)}"}`]) {
    expect(await tell(transport, bad)).toMatchObject({ ok: false, error: { code: 'heartbeat-refused' } })
  }
})

it('hands on the newest of each box when the centre was away, and nothing for ever that it refuses', async () => {
  const asked: Series[][] = []
  let answer: Written = { problem: { code: 'away', message: '' }, again: true }
  const write: RemoteWrite['write'] = (series) => { asked.push([...series]); return Promise.resolve(answer) }
  const beats = new RelayHeartbeats({ to: { write }, clock: systemClock, log: relayLog(silentLog), signal: terms.signal, againMs: 20 })
  const waiting = (): (number | undefined)[] => asked.at(-1)!.map(({ samples }) => samples.find(({ name }) => name.endsWith('waiting'))?.value)
  const say = (clinicId: string, waitingNow: number) => beats.take(clinicId, encodeHeartbeat({ ...beat, waiting: waitingNow }))
  say('hill', 1)
  say('hill', 2)
  say('lake', 3)
  await waitFor(() => Promise.resolve(asked.length > 2 || undefined), { timeoutMs: 5_000, hint: () => 'not tried again' })
  expect(waiting()).toEqual([2, 3])
  answer = { problem: { code: 'refused', message: '' }, again: false }
  await beats.finished()
  const tries = asked.length
  await new Promise((next) => setTimeout(next, 100))
  expect(asked.length).toBe(tries)
})

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})
