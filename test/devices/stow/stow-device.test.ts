import { mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import { receiveInstances } from '../../../src/devices/stow/receive.js'
import { stowDevice } from '../../../src/devices/stow/stow-device.js'
import type { Deliver } from '../../../src/domain/arrival.js'
import { problem } from '../../../src/domain/problem.js'
import { err, ok } from '../../../src/domain/result.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { Mounts, type MountedAnswer } from '../../../src/platform/mounts.js'
import { makeDicom } from '../../generators/dicom.js'

const object = (n: number): Buffer => Buffer.from(makeDicom({ sopInstanceUid: `2.25.${n}`, columns: 100, rows: 100 }))
const multipart = (...parts: Buffer[]): Buffer => Buffer.concat([
  ...parts.flatMap((part) => [Buffer.from('--x-1\r\nContent-Type: application/dicom\r\n\r\n'), part, Buffer.from('\r\n')]), Buffer.from('--x-1--\r\n')
])
function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

let folder: string
let link: DeviceLink
let mounts: Mounts
let taken: Buffer[]
let deliver: Deliver
let host: DeviceHost
let roomBytes: number
let spooledBytes: () => Promise<number>

const post = (body: Buffer, { rest = '', size = 65_536, type = 'multipart/related; type="application/dicom"; boundary=x-1' } = {}): Promise<MountedAnswer> =>
  mounts.find('/stow/studies')!({ method: 'POST', rest, headers: { 'content-type': type }, body: Readable.from(pieces(body, size)), callerId: 'token-1' })

type Sequence = { Value: { '00081155': { Value: string[] }; '00081197'?: { Value: number[] } }[] }
const read = ({ body }: MountedAnswer): { stored: string[]; failed: [string | undefined, number | undefined][] } => {
  const json = JSON.parse(body!) as Record<string, Sequence | undefined>
  return {
    stored: (json['00081199']?.Value ?? []).map((each) => each['00081155'].Value[0]!),
    failed: (json['00081198']?.Value ?? []).map((each) => [each['00081155'].Value?.[0], each['00081197']?.Value[0]])
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stow-'))
  await mkdir(join(folder, 'spool'))
  mounts = new Mounts()
  taken = []
  deliver = async ({ spoolPath }) => { taken.push(await readFile(spoolPath)); return ok({ outcome: 'stored', studyId: '20260301-00000000' }) }
  roomBytes = Infinity
  spooledBytes = async () => (await Promise.all((await readdir(join(folder, 'spool'))).map((name) => stat(join(folder, 'spool', name))))).reduce((sum, { size }) => sum + size, 0)
  host = {
    deviceId: 'web', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, report: () => undefined, hasRoomFor: async (bytes) => roomBytes - (await spooledBytes()) >= bytes,
    mount: (path, handler) => mounts.mount(path, handler), deliver: (arrival) => deliver(arrival)
  }
  link = await stowDevice.open({}, host)
})
afterEach(async () => {
  await link[Symbol.asyncDispose]()
  expect(await readdir(join(folder, 'spool'))).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

describe('STOW-RS', () => {
  it.each([7, 61, 65_536])('stores each instance byte for byte, in chunks of %i bytes', async (size) => {
    const answer = await post(multipart(object(1), object(2)), { size })
    expect(answer).toMatchObject({ status: 200, headers: { 'Content-Type': 'application/dicom+json' } })
    expect(read(answer)).toEqual({ stored: ['2.25.1', '2.25.2'], failed: [] })
    expect(taken.map((bytes, index) => bytes.equals(object(index + 1)))).toEqual([true, true])
  })

  it('names each instance that failed, and stores the others (202)', async () => {
    const answer = await post(multipart(object(1), Buffer.from('no DICOM'), object(2)))
    expect(answer.status).toBe(202)
    expect(read(answer)).toEqual({ stored: ['2.25.1', '2.25.2'], failed: [[undefined, 0xc000]] })
  })

  it.each([['store-full', 507, 0xa700], ['io-error', 409, 0x0110]])('stores nothing and says so: %s is %i', async (code, status, reason) => {
    deliver = () => Promise.resolve(err(problem(code, 'Nothing was taken.')))
    const answer = await post(multipart(object(1)))
    expect(answer.status).toBe(status)
    expect(read(answer)).toEqual({ stored: [], failed: [['2.25.1', reason]] })
  })

  it('refuses an instance of another study than the address names', async () => {
    const answer = await post(multipart(object(1)), { rest: '2.25.999' })
    expect(answer.status).toBe(409)
    expect(read(answer).failed).toEqual([['2.25.1', 0xa900]])
    expect(taken).toEqual([])
  })

  it.each([
    ['another content type', 'multipart/form-data; boundary=x-1', multipart(object(1)), 415],
    ['no instance', undefined, Buffer.from('--x-1--\r\n'), 400],
    ['a body that breaks off', undefined, multipart(object(1)).subarray(0, 9000), 400]
  ])('refuses %s', async (_name, type, body, status) => {
    expect((await post(body, type === undefined ? {} : { type })).status).toBe(status)
    expect(taken).toEqual([])
  })

  it('takes of a body of unknown length no more than there is room for, and names what did not fit', async () => {
    roomBytes = 4_000_000
    const most = { bytes: 0 }
    function* large(): Generator<Buffer> {
      yield multipart(object(1)).subarray(0, -'--x-1--\r\n'.length)
      yield Buffer.from('--x-1\r\nContent-Type: application/dicom\r\n\r\n')
      for (let sent = 0; sent < 40; sent += 1) yield Buffer.alloc(1_000_000)
      yield Buffer.concat([Buffer.from('\r\n'), multipart(object(2))])
    }
    const watching = setInterval(() => void spooledBytes().then((bytes) => { most.bytes = Math.max(most.bytes, bytes) }, () => undefined), 1)
    const answer = await mounts.find('/stow/studies')!({ method: 'POST', rest: '', headers: { 'content-type': 'multipart/related; boundary=x-1' }, body: Readable.from(large()), callerId: 'token-1' }).finally(() => clearInterval(watching))
    expect([answer.status, read(answer)]).toEqual([202, { stored: ['2.25.1', '2.25.2'], failed: [[undefined, 0xa700]] }])
    expect(most.bytes).toBeLessThanOrEqual(roomBytes)
    roomBytes = 0
    expect((await post(multipart(object(3)))).status).toBe(507)
  })

  it('reads a body to its end that announced more than there is room for, so that its sender hears why', async () => {
    roomBytes = 1000
    let read = 0
    function* large(): Generator<Buffer> {
      for (; read < 3_000_000; read += 100_000) yield Buffer.alloc(100_000)
    }
    const body = Readable.from(large())
    const answer = await mounts.find('/stow/studies')!({ method: 'POST', rest: '', headers: { 'content-type': 'multipart/related; boundary=x-1', 'content-length': '3000000' }, body, callerId: 'token-1' })
    expect([answer.status, read, body.readableEnded, taken]).toEqual([507, 3_000_000, true, []])
  })

  it('takes no instance over its limit, and those after it', async () => {
    const body = Readable.from(pieces(multipart(object(1), Buffer.alloc(100_000), object(2)), 65_536))
    const answer = await receiveInstances({ method: 'POST', rest: '', headers: { 'content-type': 'multipart/related; boundary=x-1' }, body, callerId: 'token-1' }, host, 50_000)
    expect(read(answer)).toEqual({ stored: ['2.25.1', '2.25.2'], failed: [[undefined, 0xa700]] })
  })

  it('answers only when the instance is durable', async () => {
    let durable: () => void = () => undefined
    deliver = () => new Promise((resolve) => { durable = () => resolve(ok({ outcome: 'duplicate', studyId: '20260301-00000000' })) })
    let answered = false
    const answering = post(multipart(object(1))).then((answer) => { answered = true; return answer })
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(answered).toBe(false)
    durable()
    expect((await answering).status).toBe(200)
  })
})
