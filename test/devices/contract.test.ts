import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../src/devices/device-kind.js'
import { deviceKinds } from '../../src/devices/registry.js'
import type { DeviceSupervisor } from '../../src/devices/supervise.js'
import { superviseDevices } from '../../src/devices/supervise.js'
import type { Arrival, Deliver } from '../../src/domain/arrival.js'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { describeWith } from '../flows/peers.js'
import type { Harness, Plugged } from './harnesses.js'
import { harnesses } from './harnesses.js'

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A store that knows what it has, as the real one does. */
class Kept {
  readonly pictures = new Set<string>()
  readonly deliver: Deliver = async ({ spoolPath }) => {
    const sha256 = sha256Of(await readFile(spoolPath))
    const outcome = this.pictures.has(sha256) ? 'duplicate' : 'stored'
    this.pictures.add(sha256)
    return ok({ outcome, studyId: '20260301-00000000' })
  }
}

const plugged = (devices: DeviceSupervisor): Plugged => ({
  whenOpen: () => vi.waitFor(() => expect(devices.status()[0]!.state).toBe('open'), 10_000),
  endpoint: () => devices.status()[0]!.endpoint,
  command: async (name, values) => (await devices.command('device-1', { name, values, by: 'nurse' })!).ok,
  session: () => devices.session('device-1')
})

function supervised(harness: Harness, folder: string, deliver: Deliver): DeviceSupervisor {
  const kind = deviceKinds.find((each) => each.kind === harness.kind)!
  const options = kind.parseOptions((harness.slowOptions ?? harness.options)(folder))
  if (!options.ok) throw new Error(JSON.stringify(options.error))
  const devices = superviseDevices({
    devices: [{ id: 'device-1', kind: harness.kind, options: options.value }], kinds: deviceKinds, deliver, spoolFolder: join(folder, 'spool'), devicesFolder: join(folder, 'devices'), clock: systemClock, log: silentLog,
    backoff: { baseMs: 20, maxMs: 100 }, services: { ...(harness.services?.mount ? { mount: harness.services.mount } : {}) }
  })
  devices.onEvent((_device, event) => harness.services?.emit?.(event))
  return devices
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('the contract of every kind of device', () => {
  it('is tested for each kind in the registry', () => {
    expect(harnesses.map((harness) => harness.kind).sort()).toEqual(deviceKinds.map((kind) => kind.kind).sort())
  })

  for (const harness of harnesses) describeWith(harness.needs ?? [], harness.kind, () => {
    const kind = deviceKinds.find((each) => each.kind === harness.kind)!
    let folder: string
    let link: DeviceLink
    let other: AsyncDisposable | undefined
    let deliver: Deliver
    let arrivals: Arrival[]
    const open = async (): Promise<DeviceLink> => {
      const options = kind.parseOptions(harness.options(folder))
      if (!options.ok) throw new Error(JSON.stringify(options.error))
      const host: DeviceHost = {
        ...harness.services, deviceId: 'device-1', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices', 'device-1'), clock: systemClock, log: silentLog, report: () => undefined, hasRoomFor: () => Promise.resolve(true),
        deliver: (arrival) => { arrivals.push(arrival); return deliver(arrival) }
      }
      return kind.open(options.value as never, host)
    }
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'screenpost-device-'))
      await mkdir(join(folder, 'spool'))
      arrivals = []
      other = await harness.prepare?.(folder)
      deliver = () => Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' }))
      link = await open()
    })
    afterEach(async () => {
      await link[Symbol.asyncDispose]()
      await other?.[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    })

    if (harness.sendsNoImages) it.each(['store-full', 'io-error'])('hands nothing to the store, and tells what it heard at once, whatever the store would say (%s)', async (code) => {
      deliver = () => Promise.resolve(err(problem(code, 'Nothing was taken.')))
      const offer = await harness.offer(link, folder)
      await vi.waitFor(() => expect(offer.outcome()).toBe('acknowledged'), 1000)
      expect(arrivals).toEqual([])
    })
    else it('acknowledges only when the object is durable', async () => {
      let markDurable: () => void = () => undefined
      deliver = () => new Promise((resolve) => { markDurable = () => resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })) })
      const offer = await harness.offer(link, folder)
      await vi.waitFor(() => expect(arrivals).toHaveLength(1), 5000)
      await pause(200)
      expect(offer.outcome()).toBe('open')
      markDurable()
      await vi.waitFor(() => expect(offer.outcome()).toBe('acknowledged'), 5000)
      expect(arrivals[0]!.source).toMatchObject({ kind: harness.kind, deviceId: 'device-1' })
    })

    it('acknowledges an object that is known already', async () => {
      deliver = () => Promise.resolve(ok({ outcome: 'duplicate', studyId: '20260301-00000000' }))
      const offer = await harness.offer(link, folder)
      await vi.waitFor(() => expect(offer.outcome()).toBe('acknowledged'), 5000)
    })

    if (!harness.sendsNoImages) it.each(['store-full', 'io-error'])('never acknowledges when nothing was taken (%s), and goes on', async (code) => {
      deliver = () => Promise.resolve(err(problem(code, 'Nothing was taken.')))
      const offer = await harness.offer(link, folder)
      await vi.waitFor(() => expect(arrivals).toHaveLength(1), 5000)
      await pause(200)
      expect(offer.outcome()).not.toBe('acknowledged')
      deliver = () => Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' }))
      const next = await harness.offer(link, folder)
      await vi.waitFor(() => expect(next.outcome()).toBe('acknowledged'), 5000)
    })

    it('closes within a second and says that it was asked to', async () => {
      const started = performance.now()
      await link[Symbol.asyncDispose]()
      expect(performance.now() - started).toBeLessThan(1000)
      expect(await link.closed).toEqual({})
    })

    it('opens again after it was closed', async () => {
      await link[Symbol.asyncDispose]()
      link = await open()
      const offer = await harness.offer(link, folder)
      await vi.waitFor(() => expect(offer.outcome()).toBe('acknowledged'), 5000)
    })

    it('unplugged in mid-transfer acknowledges nothing, opens again by itself, and loses and doubles nothing', { timeout: 60_000 }, async () => {
      await link[Symbol.asyncDispose]()
      const kept = new Kept()
      const devices = supervised(harness, folder, kept.deliver)
      try {
        const device = plugged(devices)
        await device.whenOpen()
        const { offer: cut, pictures, plugIn } = await harness.cut(device, folder)
        await pause(300)
        expect(cut.outcome()).not.toBe('acknowledged')
        const again = await plugIn()
        await vi.waitFor(() => expect(again.outcome()).toBe('acknowledged'), 20_000)
        await device.whenOpen()
        await pause(200)
        if (typeof pictures === 'number') expect(kept.pictures.size).toBe(pictures)
        else expect([...kept.pictures].sort()).toEqual(pictures.map(sha256Of).sort())
      } finally {
        await devices[Symbol.asyncDispose]()
      }
    })

    it('can be tested while it is open and while nothing has it open, without an image and without failing', { timeout: 20_000 }, async () => {
      const options = kind.parseOptions(harness.options(folder))
      if (!options.ok) throw new Error(JSON.stringify(options.error))
      const whileOpen = await (link.check ? link.check() : kind.probe(options.value as never, { deviceId: 'device-1', spoolFolder: join(folder, 'spool'), clock: systemClock, log: silentLog }))
      expect(whileOpen.ok ? whileOpen.sentences.length : whileOpen.problem?.message.length).toBeGreaterThan(0)
      expect(whileOpen).toMatchObject({ ok: true })
      await link[Symbol.asyncDispose]()
      const closed = await kind.probe(options.value as never, { deviceId: 'device-1', spoolFolder: join(folder, 'spool'), clock: systemClock, log: silentLog })
      expect(closed.ok || closed.problem !== undefined).toBe(true)
      expect(arrivals).toEqual([])
    })

    it('names every wrong option by its path', () => {
      const options = kind.parseOptions({ ...(harness.options(folder) as object), port: -1, settleMs: 'soon', colour: 'red' })
      expect(options.ok).toBe(false)
      if (!options.ok) expect(options.error.length).toBeGreaterThanOrEqual(2)
    })
  })
})
