import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../src/platform/log.js'
import { createServiceNotify } from '../../src/platform/service-notify.js'

/** The program of that name is replaced by one that writes down how it was called; test/flows/systemd.test.ts asks the real one. */
describe('speaking to systemd', () => {
  let folder: string
  const path = process.env['PATH']
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-notify-'))
    await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n`)
    await chmod(join(folder, 'systemd-notify'), 0o755)
    process.env['PATH'] = `${folder}${delimiter}${path}`
  })
  afterEach(async () => {
    process.env['PATH'] = path
    await rm(folder, { recursive: true, force: true })
  })
  const calls = async (): Promise<string[]> => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

  it('says ready, status and stopping for this process', async () => {
    const notify = createServiceNotify({ NOTIFY_SOCKET: '/run/none' }, silentLog)
    await notify.ready()
    await notify.status('3 images waiting')
    await notify.stopping()
    expect(await calls()).toEqual([`--ready --pid=${process.pid}`, `--pid=${process.pid} --status=3 images waiting`, `--pid=${process.pid} STOPPING=1`])
  })

  it('starts nothing without a socket', async () => {
    const notify = createServiceNotify({ WATCHDOG_USEC: '20000' }, silentLog)
    notify.startWatchdog(() => Promise.resolve(true))
    await notify.ready()
    await new Promise((resolve) => setTimeout(resolve, 100))
    notify.stop()
    expect(await calls()).toEqual([])
  })

  it('feeds the watchdog only while alive', async () => {
    let alive = true
    const notify = createServiceNotify({ NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '40000' }, silentLog)
    notify.startWatchdog(() => (alive ? Promise.resolve(true) : Promise.reject(new Error('store hangs'))))
    await vi.waitFor(async () => expect((await calls()).length).toBeGreaterThanOrEqual(2), 5000)
    alive = false
    await new Promise((resolve) => setTimeout(resolve, 100))
    const fed = (await calls()).length
    await new Promise((resolve) => setTimeout(resolve, 150))
    notify.stop()
    expect((await calls()).length).toBe(fed)
  })

  it('does not stop the service when the program is missing', async () => {
    process.env['PATH'] = '/nonexistent'
    const notify = createServiceNotify({ NOTIFY_SOCKET: '/run/none' }, silentLog)
    await notify.ready()
    await notify.stopping()
  })
})
