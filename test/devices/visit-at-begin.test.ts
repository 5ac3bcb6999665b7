import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../src/devices/device-kind.js'
import { dicomDevice } from '../../src/devices/dicom/dicom-device.js'
import { watchedFolder } from '../../src/devices/watched-folder/watched-folder.js'
import { ScanStore } from '../../src/devices/serial-digitizer/scan-store.js'
import { noteVisit, notedVisit } from '../../src/devices/serial-digitizer/noted-visit.js'
import type { Arrival } from '../../src/domain/arrival.js'
import { ok } from '../../src/domain/result.js'
import type { HoldingVisit } from '../../src/domain/visit.js'
import { takeOf } from '../../src/domain/visit.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { describeWith } from '../flows/peers.js'
import { makeDicom } from '../generators/dicom.js'

const FIRST: HoldingVisit = { visitId: 'V-20260301-00000001', patientId: 'P-00000001', take: takeOf('lung-r1')! }
const SECOND: HoldingVisit = { visitId: 'V-20260301-00000002', patientId: 'P-00000002', take: takeOf('lung-l1')! }
let folder: string
let held: HoldingVisit | undefined
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'visit-at-begin-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

describeWith(['storescu'], 'a clip that comes while one visit ends and the next begins', () => {
  let link: DeviceLink
  let arrivals: Arrival[]
  let asked: (string | undefined)[]
  let gate: Server
  let open: () => void
  beforeEach(async () => {
    await mkdir(join(folder, 'spool'))
    arrivals = []
    asked = []
    const host: DeviceHost = {
      deviceId: 'dicom', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
      visit: (sender) => { asked.push(sender); return held }, deliver: (arrival) => { arrivals.push(arrival); return Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })) }
    }
    const options = dicomDevice.parseOptions({ host: '127.0.0.1', port: 0 })
    if (!options.ok) throw new Error('options')
    link = await dicomDevice.open(options.value, host)
    gate = createServer((socket) => {
      const onward = connect(Number(/:(\d+)$/.exec(link.endpoint ?? '')![1]), '127.0.0.1')
      let bytes = 0
      open = () => { bytes = -Infinity; socket.resume() }
      socket.on('data', (chunk) => { onward.write(chunk); bytes += chunk.length; if (bytes > 300_000) socket.pause() })
      socket.on('end', () => onward.end())
      onward.pipe(socket)
      for (const each of [socket, onward]) each.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    gate.close()
    await link[Symbol.asyncDispose]()
  })

  it.each([['of the first', FIRST, { visitId: FIRST.visitId, take: 'lung-r1' }], ['of nobody, when none was open as it began', undefined, { visitId: null }]])('is %s', async (_whose, before, noted) => {
    held = before
    const path = join(folder, 'clip.dcm')
    await writeFile(path, makeDicom({ columns: 1000, rows: 1000, bitsAllocated: 8, bitsStored: 8, highBit: 7, pixels: new Uint8Array(1e6) }))
    const child = spawn('storescu', ['-aet', 'PROBE', '127.0.0.1', String((gate.address() as AddressInfo).port), path])
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await vi.waitFor(async () => expect(await readdir(join(folder, 'spool'))).toHaveLength(1), 5000)
    held = SECOND
    open()
    expect(await ended).toBe(0)
    expect(arrivals[0]).toMatchObject(noted)
    expect(asked[0]).toBe('PROBE')
  })
})

describe('a scan of a film', () => {
  it('is of the visit that was open when its first line came, across restarts and after it is fetched anew', async () => {
    held = FIRST
    await noteVisit(folder, { visit: () => held })
    held = SECOND
    await noteVisit(folder, { visit: () => held })
    expect(await notedVisit(folder, { visit: () => held })).toEqual({ visitId: FIRST.visitId, take: 'lung-r1' })
  })

  it('is of that visit also when its image was damaged and it is fetched anew while the next is open', async () => {
    const arrivals: Arrival[] = []
    const host: DeviceHost = {
      deviceId: 'cr', spoolFolder: folder, stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
      visit: () => held, deliver: (arrival) => { arrivals.push(arrival); return Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })) }
    }
    await using scans = await ScanStore.open(host)
    const header = { scanId: '00000000000000a1', width: 4, bits: 8, zeroIsWhite: false, height: 1, samplePitchNm: 0, linePitchNm: 0 }
    const fetched = async (samples: Buffer): Promise<string> => {
      await scans.begin('key', header, true)
      scans.add({ index: 0, samples })
      await scans.flush()
      return (await scans.finish('key', { lines: 1, imageCrc: crc32(Buffer.from('film')), serial: 'SN7' })).outcome
    }
    held = FIRST
    await scans.dropLines('key')
    expect(await fetched(Buffer.from('firm'))).toBe('damaged')
    await scans.dropLines('key')
    expect(await scans.find('key')).toBeUndefined()
    held = SECOND
    expect(await fetched(Buffer.from('film'))).toBe('stored')
    expect(arrivals).toMatchObject([{ visitId: FIRST.visitId, take: 'lung-r1' }])
  })

  it('is nobody\'s when it began without a visit, or when its note is lost or torn', async () => {
    expect(await notedVisit(folder, { visit: () => SECOND })).toEqual({ visitId: null })
    await noteVisit(folder, { visit: () => undefined })
    expect(await notedVisit(folder, { visit: () => SECOND })).toEqual({ visitId: null })
    await writeFile(join(folder, 'visit.json'), '{"visitId"')
    expect(await notedVisit(folder, { visit: () => SECOND })).toEqual({ visitId: null })
  })
})

describe('a file in a watched folder', () => {
  let link: DeviceLink
  let arrivals: Arrival[]
  let inbox: string
  const open = async (): Promise<void> => {
    const host: DeviceHost = {
      deviceId: 'share', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
      visit: () => held, deliver: (arrival) => { arrivals.push(arrival); return Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })) }
    }
    link = await watchedFolder.open({ folder: inbox, settleMs: 400 }, host)
    await new Promise((resolve) => { setTimeout(resolve, 150) })
  }
  beforeEach(async () => {
    inbox = join(folder, 'inbox')
    await mkdir(join(folder, 'spool'))
    await mkdir(inbox)
    arrivals = []
  })
  afterEach(() => link[Symbol.asyncDispose]())

  it('is of the visit that was open when it was first seen, however long its copy takes', async () => {
    held = FIRST
    await open()
    await writeFile(join(inbox, 'a.jpg'), 'A')
    await new Promise((resolve) => { setTimeout(resolve, 250) })
    held = SECOND
    await writeFile(join(inbox, 'a.jpg'), 'A, and more', { flag: 'a' })
    await writeFile(join(inbox, 'b.jpg'), 'B')
    await vi.waitFor(() => expect(arrivals).toHaveLength(2), 5000)
    const of = (name: string) => arrivals.find(({ originalName }) => originalName === name)
    expect(of('a.jpg')).toMatchObject({ visitId: FIRST.visitId, take: 'lung-r1' })
    expect(of('b.jpg')).toMatchObject({ visitId: SECOND.visitId, take: 'lung-l1' })
  })

  it('that lay there when the folder was opened is nobody\'s: it may have come in any visit before', async () => {
    held = FIRST
    await writeFile(join(inbox, 'old.jpg'), 'old')
    await open()
    await vi.waitFor(() => expect(arrivals).toHaveLength(1), 5000)
    expect(arrivals[0]).toMatchObject({ visitId: null })
  })
})
