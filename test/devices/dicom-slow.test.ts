import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../src/devices/device-kind.js'
import { dicomDevice } from '../../src/devices/dicom/dicom-device.js'
import type { Arrival } from '../../src/domain/arrival.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { describeWith } from '../flows/peers.js'
import { makeDicom } from '../generators/dicom.js'

/** The whole thing, 50 MB at 1 Mbit/s with the options of a new installation, takes seven minutes: `LONG=1 npx vitest run test/devices/dicom-slow.test.ts`. */
const WHOLE = process.env['LONG'] === '1'
const MEGABIT = 125_000

let folder: string
let link: DeviceLink
let arrivals: (Arrival & { bytes: number })[]
let slow: Server | undefined
const spool = (): string => join(folder, 'spool')

async function openDevice(options: object): Promise<void> {
  const host: DeviceHost = {
    deviceId: 'dicom', spoolFolder: spool(), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
    deliver: async (arrival) => {
      arrivals.push({ ...arrival, bytes: (await stat(arrival.spoolPath)).size })
      return ok({ outcome: 'stored', studyId: '20260301-00000000' })
    }
  }
  const parsed = dicomDevice.parseOptions({ host: '127.0.0.1', port: 0, ...options })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  link = await dicomDevice.open(parsed.value, host)
}
const port = (): number => Number(/:(\d+)$/.exec(link.endpoint ?? '')![1])

/** A link of so many bytes a second towards us; nothing is buffered beyond a few packets. */
function slowLink(bytesPerSecond: number): Promise<number> {
  const each = Math.round(bytesPerSecond / 50)
  const carry = (from: Socket, to: Socket): void => {
    from.pause()
    let [last, allowed] = [performance.now(), 0]
    const timer = setInterval(() => {
      const now = performance.now()
      // What a busy machine kept waiting is caught up with, a second's worth at most.
      allowed = Math.min(bytesPerSecond, allowed + (bytesPerSecond * (now - last)) / 1000)
      last = now
      const chunk: unknown = from.read(Math.min(Math.floor(allowed), from.readableLength)) ?? undefined
      if (!Buffer.isBuffer(chunk)) return
      allowed -= chunk.length
      to.write(chunk)
    }, 20)
    from.on('readable', () => undefined)
    from.on('close', () => { clearInterval(timer); to.destroy() })
    from.on('error', () => undefined)
  }
  return new Promise((resolve) => {
    slow = createServer({ highWaterMark: each }, (socket) => {
      const onward = connect(port(), '127.0.0.1')
      carry(socket, onward)
      onward.on('error', () => undefined)
      onward.pipe(socket)
      onward.on('close', () => socket.destroy())
    })
    slow.listen(0, '127.0.0.1', () => resolve((slow!.address() as AddressInfo).port))
  })
}

async function clip(bytes: number, uid: string): Promise<string> {
  const [columns, rows] = [500, 500]
  const frames = Math.ceil(bytes / (columns * rows))
  const path = join(folder, `${uid}.dcm`)
  await writeFile(path, makeDicom({ sopInstanceUid: uid, columns, rows, frames, bitsAllocated: 8, bitsStored: 8, highBit: 7, pixels: new Uint8Array(columns * rows * frames).fill(7), modality: 'US' }))
  return path
}

const send = (path: string, to: number) => {
  const child = spawn('storescu', ['-aet', 'PROBE', '-to', '600', '127.0.0.1', String(to), path])
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, ended }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dicom-slow-'))
  await mkdir(spool())
  arrivals = []
})
afterEach(async () => {
  await link[Symbol.asyncDispose]()
  await new Promise((resolve) => { if (slow) slow.close(resolve); else resolve(undefined) })
  slow = undefined
  await rm(folder, { recursive: true, force: true })
})

/** Bytes of what is being received. */
async function spooledBytes(): Promise<number> {
  const names = await readdir(spool())
  const sizes = await Promise.all(names.map((name) => stat(join(spool(), name)).then(({ size }) => size, () => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

describeWith(['storescu'], 'a portable probe at the edge of the Wi-Fi', () => {
  it(WHOLE ? 'sends a clip of 50 MB at 1 Mbit/s' : 'sends a clip at 1 Mbit/s that takes several times every timeout', { timeout: 900_000 }, async () => {
    const bytes = WHOLE ? 50e6 : 2.2e6
    await openDevice(WHOLE ? {} : { idleTimeoutSeconds: 5, associationTimeoutSeconds: 1 })
    const path = await clip(bytes, '1.2.3.1')
    const to = await slowLink(MEGABIT)
    const started = performance.now()
    const { ended } = send(path, to)
    await vi.waitFor(async () => expect(await spooledBytes()).toBeGreaterThan(bytes / 3), { timeout: 600_000, interval: 250 })
    expect(arrivals).toEqual([])
    expect(await ended).toBe(0)
    expect((performance.now() - started) / 1000).toBeGreaterThan(WHOLE ? 380 : 15)
    expect(arrivals).toHaveLength(1)
    expect(arrivals[0]!.bytes).toBeGreaterThan(bytes)
  })

  it('that is switched off in the middle of a clip leaves nothing, and the next one is taken', { timeout: 60_000 }, async () => {
    await openDevice({})
    const to = await slowLink(8 * MEGABIT)
    const cut = send(await clip(20e6, '1.2.3.2'), to)
    const other = send(await clip(1e6, '1.2.3.3'), port())
    await vi.waitFor(async () => expect(await spooledBytes()).toBeGreaterThan(1e6), { timeout: 20_000, interval: 50 })
    cut.child.kill('SIGKILL')
    expect(await other.ended).toBe(0)
    await vi.waitFor(async () => expect(await readdir(spool())).toEqual([]), { timeout: 20_000, interval: 50 })
    expect(arrivals).toHaveLength(1)
    expect(await send(await clip(20e6, '1.2.3.2'), port()).ended).toBe(0)
    expect(arrivals).toHaveLength(2)
  })
})

describeWith(['storescu'], 'a clip of 200 MB', () => {
  it('goes to the disk as it comes and is never held in memory', { timeout: 120_000 }, async () => {
    await openDevice({})
    const path = await clip(200e6, '1.2.3.4')
    let [least, most] = [Infinity, 0]
    const watch = setInterval(() => {
      // What made the clip is swept away meanwhile: growth counts from the lowest seen.
      const now = process.memoryUsage().arrayBuffers
      least = Math.min(least, now)
      most = Math.max(most, now - least)
    }, 10)
    expect(await send(path, port()).ended).toBe(0)
    clearInterval(watch)
    expect(arrivals[0]!.bytes).toBeGreaterThan(200e6)
    expect(most).toBeLessThan(120e6)
  })
})
