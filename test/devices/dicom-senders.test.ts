import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../src/devices/device-kind.js'
import { dicomDevice } from '../../src/devices/dicom/dicom-device.js'
import type { Arrival } from '../../src/domain/arrival.js'
import type { DeviceEvent } from '../../src/domain/device-report.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { describeWith } from '../flows/peers.js'
import { makeDicom } from '../generators/dicom.js'

const run = promisify(execFile)
let folder: string
let link: DeviceLink
let arrivals: Arrival[]
let reported: string[]
let told: DeviceEvent[]
let elsewhere: Server
const port = (): number => Number(/:(\d+)$/.exec(link.endpoint ?? '')![1])

/** A second machine as the receiver sees it: all of 127.0.0.0/8 is this computer. */
const otherMachine = (): Promise<Server> => new Promise((resolve) => {
  const server = createServer((socket) => {
    const onward = connect({ host: '127.0.0.1', port: port(), localAddress: '127.0.0.2' })
    for (const each of [socket, onward]) each.on('error', () => undefined)
    socket.pipe(onward).pipe(socket)
  })
  server.listen(0, '127.0.0.1', () => resolve(server))
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dicom-senders-'))
  await mkdir(join(folder, 'spool'))
  arrivals = []
  reported = []
  told = []
  const host: DeviceHost = {
    deviceId: 'dicom', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true),
    report: ({ message }) => reported.push(message), emit: (event) => told.push(event),
    deliver: (arrival) => { arrivals.push(arrival); return Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })) }
  }
  const options = dicomDevice.parseOptions({ host: '127.0.0.1', port: 0 })
  if (!options.ok) throw new Error('options')
  link = await dicomDevice.open(options.value, host)
  elsewhere = await otherMachine()
})
afterEach(async () => {
  elsewhere.close()
  await link[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
let sent = 0
async function send(title: string, to = port()): Promise<void> {
  const path = join(folder, 'image.dcm')
  await writeFile(path, makeDicom({ sopInstanceUid: `1.2.3.${(sent += 1)}` }))
  await run('storescu', ['-aet', title, '127.0.0.1', String(to), path])
}

describeWith(['storescu', 'echoscu'], 'the senders behind a DICOM receiver', () => {
  it('are known from their first echo, and the pages are told', async () => {
    await run('echoscu', ['-aet', 'PROBE', '127.0.0.1', String(port())])
    expect(link.stations).toEqual(['PROBE'])
    expect(told).toEqual([{ type: 'session' }])
  })

  it('do not hold our own test of the receiver among them', async () => {
    expect(await link.check!()).toMatchObject({ ok: true, sentences: [expect.stringContaining('answers on port'), 'Any device may send.'] })
    expect(link.stations).toEqual([])
  })

  it('that share an AE title are named, and no visit is believed for either', async () => {
    await send('CAMERA')
    await send('CAMERA', (elsewhere.address() as AddressInfo).port)
    await send('CAMERA')
    expect(arrivals.map(({ visitId }) => visitId)).toEqual([undefined, null, null])
    expect(reported.at(-1)).toMatch(/^Two devices send as CAMERA \(from .*127\.0\.0\.2/)
  })

  it('that have a title each are not disturbed by them', async () => {
    await send('CAMERA')
    await send('PROBE', (elsewhere.address() as AddressInfo).port)
    expect(arrivals.map(({ visitId }) => visitId)).toEqual([undefined, undefined])
    expect(reported).toEqual([])
  })
})
