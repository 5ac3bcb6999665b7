import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { barcode } from '../../../src/devices/barcode/barcode.js'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import type { DeviceEvent } from '../../../src/domain/device-report.js'
import type { Problem } from '../../../src/domain/problem.js'
import { systemClock } from '../../../src/platform/clock.js'
import { createLog } from '../../../src/platform/log.js'
import type { BarcodeSimulator } from '../../../src/simulate/barcode/simulator.js'
import { startBarcodeSimulator } from '../../../src/simulate/barcode/simulator.js'

describe('a barcode scanner on a serial line', () => {
  let folder: string
  let scanner: BarcodeSimulator
  let link: DeviceLink
  let events: DeviceEvent[]
  let problems: Problem[]
  let logged: string
  let host: DeviceHost
  const port = (): string => join(folder, 'tty')
  const options = () => {
    const parsed = barcode.parseOptions({ path: port() })
    if (!parsed.ok) throw new Error('options')
    return parsed.value
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-barcode-'))
    events = []
    problems = []
    logged = ''
    scanner = await startBarcodeSimulator({ port: port() })
    const destination = new Writable({ write: (chunk: Buffer, _encoding, done) => { logged += chunk.toString(); done() } })
    host = {
      deviceId: 'scanner', spoolFolder: folder, stateFolder: folder, clock: systemClock, log: createLog({ level: 'debug', destination }), hasRoomFor: () => Promise.resolve(true),
      report: (each) => problems.push(each), emit: (event) => events.push(event), deliver: () => Promise.reject(new Error('it sends no images'))
    }
    link = await barcode.open(options(), host)
  })
  afterEach(async () => {
    await link[Symbol.asyncDispose]()
    await scanner[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('tells the tablets the code at once, also without an ending, and never a log', async () => {
    await scanner.scan('P-7K3M9Q2X')
    await vi.waitFor(() => expect(events).toEqual([{ type: 'scanned', text: 'P-7K3M9Q2X' }]), 1000)
    await scanner.scan('Amina', '')
    await vi.waitFor(() => expect(events).toHaveLength(2), 1000)
    expect(logged).not.toMatch(/7K3M9Q2X|Amina/)
  })

  it('takes a code that is held before it for too long once', async () => {
    for (let n = 0; n < 5; n += 1) await scanner.scan('P-7K3M9Q2X')
    await scanner.scan('P-OTHER')
    await vi.waitFor(() => expect(events).toHaveLength(2), 1000)
  })

  it('presses the capture button for the trigger code, every time', async () => {
    await scanner.scan('SCREENPOST-CAPTURE')
    await scanner.scan('SCREENPOST-CAPTURE')
    await vi.waitFor(() => expect(events).toEqual([{ type: 'trigger' }, { type: 'trigger' }]), 1000)
  })

  it('says that the speed is wrong when no code makes sense', async () => {
    await scanner.send(Uint8Array.of(0xf8, 0x80, 0xfe, 0x0d))
    await vi.waitFor(() => expect(problems).toMatchObject([{ code: 'garbage-on-line' }]), 1000)
    expect(events).toEqual([])
  })

  it('ends when it is unplugged, with what to do, and reads on when it is back', async () => {
    await scanner.unplug()
    expect(await link.closed).toMatchObject({ problem: { code: 'device-gone' } })
    await expect(barcode.open(options(), host)).rejects.toMatchObject({ code: 'ENODEV' })
    scanner = await startBarcodeSimulator({ port: port() })
    link = await barcode.open(options(), host)
    await scanner.scan('again')
    await vi.waitFor(() => expect(events).toEqual([{ type: 'scanned', text: 'again' }]), 1000)
  })

  it('can be tested', async () => {
    await link[Symbol.asyncDispose]()
    expect(await barcode.probe(options(), host)).toMatchObject({ ok: true })
    await scanner.unplug()
    expect(await barcode.probe(options(), host)).toMatchObject({ ok: false, problem: { code: 'device-gone' } })
  })
})
