import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { livenessOf } from '../../src/compose/liveness.js'
import { systemClock } from '../../src/platform/clock.js'
import { startReader } from '../../src/pipeline/reader/reader.js'
import { silentLog } from '../../src/platform/log.js'
import { createServiceNotify } from '../../src/platform/service-notify.js'
import { fakeNotifyProgram } from '../fakes/notify-program.js'

const program = fakeNotifyProgram()
const fed = async (): Promise<number> => (await program.calls()).filter((call) => call.endsWith('WATCHDOG=1')).length

const READY = `process.send({ kind: 'status', provider: 'cpu', packs: [], ready: true }); process.on('message', () => undefined); setInterval(() => undefined, 1000)`

it('starves while the reader never starts, though the service waits for it no longer', async () => {
  const folder = program.folder()
  const script = join(folder, 'reader.mjs')
  await writeFile(script, 'process.exit(3)')
  await using reader = await startReader({ packsFolder: folder, log: silentLog, script, readyWithinMs: 50, restart: { baseMs: 5, maxMs: 20 } })
  const notify = createServiceNotify({ NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '40000' }, silentLog)
  try {
    await reader.ready
    notify.startWatchdog(livenessOf({ runner: { isAlive: () => true }, reader, diskAnswers: () => Promise.resolve(true), clock: systemClock, patienceMs: 1 }).isAlive)
    await vi.waitFor(() => expect(reader.status().restarts).toBeGreaterThan(3), 60_000)
    expect(await fed()).toBe(0)
    await writeFile(script, READY)
    await vi.waitFor(async () => expect(await fed()).toBeGreaterThan(0), 60_000)
  } finally {
    notify.stop()
  }
}, 130_000)
