import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deviceKinds } from '../../src/devices/registry.js'
import type { DeviceSupervisor } from '../../src/devices/supervise.js'
import { superviseDevices } from '../../src/devices/supervise.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { harnesses } from './harnesses.js'

const listenOn = (port: number): Promise<Server> =>
  new Promise((resolve) => { const server = createServer(); server.listen(port, '127.0.0.1', () => resolve(server)) })
const close = (server: Server): Promise<void> => new Promise((resolve) => { server.close(() => resolve()) })

describe('the device supervisor', () => {
  let folder: string
  let supervisor: DeviceSupervisor
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-supervise-'))
    await mkdir(join(folder, 'spool'))
  })
  afterEach(async () => {
    await supervisor[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const supervise = (port: number): void => {
    supervisor = superviseDevices({
      devices: [
        { id: 'dicom', kind: 'dicom', options: { host: '127.0.0.1', port, aeTitle: 'SCREENPOST', maxAssociations: 5 } },
        { id: 'inbox', kind: 'watched-folder', options: { folder: join(folder, 'inbox'), settleMs: 50 } }
      ],
      kinds: deviceKinds, spoolFolder: join(folder, 'spool'), devicesFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, random: () => 0.5,
      backoff: { baseMs: 50, maxMs: 200 }, deliver: () => Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' }))
    })
  }
  const statusOf = (id: string) => supervisor.status().find((each) => each.deviceId === id)!

  it('opens every device and says where', async () => {
    supervise(0)
    await supervisor.triedAll
    expect(statusOf('dicom')).toMatchObject({ state: 'open', endpoint: expect.stringMatching(/^SCREENPOST@127\.0\.0\.1:\d+$/) as string })
    expect(statusOf('inbox')).toMatchObject({ state: 'open', arrivals: 0 })
  })

  it('reports a busy port without stopping the others, and opens it when it is free', async () => {
    const other = await listenOn(0)
    supervise((other.address() as AddressInfo).port)
    await supervisor.triedAll
    expect(statusOf('dicom')).toMatchObject({ state: 'waiting', lastProblem: { code: 'port-busy' } })
    expect(statusOf('inbox').state).toBe('open')
    await close(other)
    await vi.waitFor(() => expect(statusOf('dicom').state).toBe('open'), 5000)
    expect(statusOf('dicom').lastProblem).toBeUndefined()
  })

  it('opens a device again that ended by itself', async () => {
    supervise(0)
    await supervisor.triedAll
    const states: string[] = []
    supervisor.subscribe(() => states.push(statusOf('inbox').state))
    await rm(join(folder, 'inbox'), { recursive: true })
    await vi.waitFor(() => expect(states).toContain('waiting'), 5000)
    await vi.waitFor(() => expect(statusOf('inbox').state).toBe('open'), 5000)
  })

  it('counts arrivals', async () => {
    supervise(0)
    await supervisor.triedAll
    const offer = await harnesses.find((harness) => harness.kind === 'watched-folder')!.offer(undefined as never, folder)
    await vi.waitFor(() => expect(offer.outcome()).toBe('acknowledged'), 5000)
    expect(statusOf('inbox')).toMatchObject({ arrivals: 1, lastArrivalAt: expect.any(String) as string })
  })

  it('closes all within a second', async () => {
    supervise(0)
    await supervisor.triedAll
    const started = performance.now()
    await supervisor[Symbol.asyncDispose]()
    expect(performance.now() - started).toBeLessThan(1000)
    expect(supervisor.status().map((each) => each.state)).toEqual(['closed', 'closed'])
  })
})
