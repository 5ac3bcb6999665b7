import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../src/platform/log.js'
import { createServiceNotify } from '../../src/platform/service-notify.js'
import { fakeNotifyProgram } from '../fakes/notify-program.js'

/** test/flows/systemd.test.ts asks the real program. */
describe('speaking to systemd', () => {
  const { calls } = fakeNotifyProgram()

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
