import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import { filmPhoto } from '../../../src/devices/film-photo/film-photo.js'
import type { Arrival, Receipt } from '../../../src/domain/arrival.js'
import { ok } from '../../../src/domain/result.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { Mounts } from '../../../src/platform/mounts.js'

describe('photos of films by telephone', () => {
  let folder: string
  let link: DeviceLink
  let mounts: Mounts
  let taken: { arrival: Arrival; bytes: string }[]
  let outcome: Receipt['outcome']
  let room: boolean
  let lookForRoom: () => boolean
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-film-'))
    mounts = new Mounts()
    taken = []
    outcome = 'stored'
    room = true
    lookForRoom = () => room
    const host: DeviceHost = {
      deviceId: 'film', spoolFolder: folder, stateFolder: folder, clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(lookForRoom()), report: () => undefined,
      mount: (path, handler) => mounts.mount(path, handler), visit: () => ({ visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A' }),
      deliver: async (arrival) => { taken.push({ arrival, bytes: await readFile(arrival.spoolPath, 'utf8') }); return ok({ outcome, studyId: '20260301-00000000' }) }
    }
    link = await filmPhoto.open({ mostMegabytes: 1 }, host)
  })
  afterEach(async () => {
    await link[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true, force: true })
  })
  const post = (body: Readable) => mounts.find('/film-photo')!({ method: 'POST', rest: '', headers: {}, body, callerId: 'U-1' })

  it('are taken as they come, for the visit of the moment', async () => {
    expect(await post(Readable.from([Buffer.from('pho'), Buffer.from('to')]))).toMatchObject({ status: 201 })
    expect(taken).toMatchObject([{ bytes: 'photo', arrival: { source: { kind: 'film-photo', deviceId: 'film', operator: 'U-1' }, visitId: 'V-20260301-AAAAAAAA' } }])
  })

  it.each([['too large', () => Readable.from([Buffer.alloc(2 * 1024 * 1024)]), 413], ['broken off', () => new Readable({ read() { this.destroy(new Error('gone')) } }), 400]])('that are %s are refused, and nothing is left', async (_name, body, status) => {
    expect(await post(body())).toMatchObject({ status })
    expect(taken).toEqual([])
  })

  it('that are no pictures are said to be none, and there is an answer when the disk is full', async () => {
    outcome = 'quarantined'
    expect(await post(Readable.from([Buffer.from('x')]))).toMatchObject({ status: 422 })
    room = false
    const photo = Readable.from([Buffer.from('x'), Buffer.from('y')])
    expect(await post(photo)).toMatchObject({ status: 507 })
    expect(photo.readableEnded).toBe(true)
  })

  it('are stopped where room ends on the way, when nobody announced how long they are', async () => {
    const looks: number[] = []
    lookForRoom = () => looks.push(0) < 2
    expect(await post(Readable.from([Buffer.from('x')]))).toMatchObject({ status: 507 })
    expect(looks).toHaveLength(2)
    expect(taken).toEqual([])
  })

  it('are not taken any more once the device is closed', async () => {
    await link[Symbol.asyncDispose]()
    expect(mounts.find('/film-photo')).toBeUndefined()
  })
})
