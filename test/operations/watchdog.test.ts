import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startReader } from '../../src/pipeline/reader/reader.js'
import { silentLog } from '../../src/platform/log.js'
import { createServiceNotify } from '../../src/platform/service-notify.js'

let folder: string
const path = process.env['PATH']
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-watchdog-'))
  await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n`)
  await chmod(join(folder, 'systemd-notify'), 0o755)
  process.env['PATH'] = `${folder}${delimiter}${path}`
})
afterEach(async () => {
  process.env['PATH'] = path
  await rm(folder, { recursive: true, force: true })
})
const fed = async (): Promise<number> => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('WATCHDOG=1').length - 1

const READY = `process.send({ kind: 'status', provider: 'cpu', packs: [], ready: true }); process.on('message', () => undefined); setInterval(() => undefined, 1000)`

it('starves while the reader never starts, though the service waits for it no longer', async () => {
  const script = join(folder, 'reader.mjs')
  await writeFile(script, 'process.exit(3)')
  await using reader = await startReader({ packsFolder: folder, log: silentLog, script, readyWithinMs: 50, restart: { baseMs: 5, maxMs: 20 } })
  const notify = createServiceNotify({ NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '40000' }, silentLog)
  try {
    await reader.ready
    notify.startWatchdog(() => Promise.resolve(reader.status().alive))
    await vi.waitFor(() => expect(reader.status().restarts).toBeGreaterThan(3), 60_000)
    expect(await fed()).toBe(0)
    await writeFile(script, READY)
    await vi.waitFor(async () => expect(await fed()).toBeGreaterThan(0), 60_000)
  } finally {
    notify.stop()
  }
}, 130_000)
