import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removeData, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { describeWith, peerPath } from './peers.js'
import { chestDicom } from './pictures.js'

/** The product and Debian's systemd-notify are real; the manager's end of the socket is held by socat, which shows what systemd would read. */
describeWith(['socat', 'systemd-notify'], 'under systemd', () => {
  let folder: string
  let manager: ChildProcess
  let heard: string
  let appliance: RunningAppliance | undefined
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-systemd-'))
    heard = ''
    manager = spawn(peerPath('socat')!, ['-u', `UNIX-RECV:${join(folder, 'notify')}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] })
    manager.stdout!.on('data', (chunk: Buffer) => { heard += chunk.toString() })
  })
  afterEach(async () => {
    await appliance?.pullPlug().catch(() => undefined)
    if (appliance) await removeData(appliance)
    appliance = undefined
    manager.kill()
    await rm(folder, { recursive: true, force: true })
  })
  const start = async (data: string): Promise<RunningAppliance> =>
    (appliance = await startAppliance({ data, env: { NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '1000000' } }))
  const hears = (text: string, from = 0) => waitFor(() => (heard.includes(text, from) ? true : undefined), { timeoutMs: 30_000, hint: () => `systemd never heard ${text}; it heard:\n${heard}` })

  it('it says that it is ready, where its page is, that it lives, and that it stops; a study in hand is finished or goes on at the next start', async () => {
    const data = await temporaryData()
    const first = await start(data)
    await hears('READY=1')
    await hears(`MAINPID=${first.child.pid}`)
    await hears(`STATUS=page at ${first.url}`)
    await hears('WATCHDOG=1')
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(await chestDicom(11, { width: 1500, height: 1400 }))]), 'film')
    const headers = { authorization: `Bearer ${await first.token('operator')}` }
    expect((await fetch(`${first.url}/api/v1/uploads`, { method: 'POST', headers, body: form })).status).toBe(200)
    expect(await first.stop()).toBe(0)
    expect(heard).toContain('STOPPING=1')
    const second = await start(data)
    expect((await settledStudies(second, 1)).map(({ state }) => state)).toEqual(['ready'])
    expect(await second.stop()).toBe(0)
  }, 120_000)

  it('the watchdog is fed while the reader starts, however long that takes', async () => {
    const { child, url } = await start(await temporaryData())
    const reader = (): number | undefined => Number(execFileSync('ps', ['--ppid', String(child.pid), '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n').find((line) => line.includes('reader/child.js'))?.trim().split(' ')[0]) || undefined
    await waitFor(async () => (await fetch(`${url}/healthz`)).ok || undefined, { timeoutMs: 60_000, hint: () => 'never healthy' })
    const first = reader()!
    process.kill(first, 'SIGKILL')
    const second = await waitFor(() => { const pid = reader(); return pid === first ? undefined : pid }, { timeoutMs: 30_000, hint: () => 'no new reader' })
    process.kill(second, 'SIGSTOP')
    const before = heard.length
    await waitFor(() => heard.slice(before).split('WATCHDOG=1').length > 3 || undefined, { timeoutMs: 60_000, hint: () => appliance!.output() })
    expect((await fetch(`${url}/healthz`)).status).toBe(503)
    expect(appliance!.output()).not.toContain('watchdog-not-fed')
    process.kill(second, 'SIGCONT')
    await waitFor(async () => (await fetch(`${url}/healthz`)).ok || undefined, { timeoutMs: 60_000, hint: () => 'not healthy again' })
  }, 180_000)

  it('the watchdog is fed only while the disk takes what is written', async () => {
    const { data } = await start(await temporaryData())
    await hears('WATCHDOG=1')
    await rename(join(data, 'spool'), join(data, 'gone'))
    await waitFor(() => (appliance!.output().includes('watchdog-not-fed') ? true : undefined), { timeoutMs: 30_000, hint: () => appliance!.output() })
    const before = heard.length
    expect((await fetch(`${appliance!.url}/healthz`)).status).toBe(503)
    await new Promise((next) => setTimeout(next, 1500))
    expect(heard.slice(before)).not.toContain('WATCHDOG=1')
    await rename(join(data, 'gone'), join(data, 'spool'))
    await hears('WATCHDOG=1', before)
    expect((await fetch(`${appliance!.url}/healthz`)).status).toBe(200)
  }, 120_000)
})
