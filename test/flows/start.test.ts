import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, removeData, run, startAppliance, temporaryData, waitFor } from './appliance.js'
import { describeWith, peerPath } from './peers.js'

const portOf = (server: Server): number => (server.address() as AddressInfo).port

describe('npx screenpost', () => {
  it('runs what npm ci built: the first call builds nothing again, and writes over no file of a running service', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'screenpost-npx-'))
    const writtenAt = async (): Promise<number> => (await stat(bin)).mtimeMs
    const before = await writtenAt()
    const { stdout } = await run('npx', ['screenpost', 'token', '--help'], { cwd: join(bin, '../../..'), env: { ...process.env, npm_config_cache: cache, npm_config_offline: 'true' } })
    expect(stdout).toContain('create')
    expect(await writtenAt()).toBe(before)
    await rm(cache, { recursive: true, force: true })
  }, 120_000)
})

describe('starting', () => {
  let taken: Server
  beforeAll(async () => {
    taken = createServer()
    await new Promise<void>((ready) => taken.listen(0, '0.0.0.0', ready))
  })
  afterAll(() => { taken.close() })

  it('says that the page\'s port is taken, what to do, and ends', async () => {
    const data = await temporaryData()
    const failure = await run(process.execPath, [bin, 'serve', '--data', data], { env: { ...process.env, SCREENPOST_HTTP_PORT: String(portOf(taken)), SCREENPOST_DICOM_PORT: '0' } })
      .then(() => { throw new Error('it started') }, (error: { code: number; stderr: string }) => error)
    expect(failure.code).toBe(1)
    expect(failure.stderr).toContain(`port ${portOf(taken)} is in use`)
    expect(failure.stderr).not.toMatch(/^\s+at /m)
    await rm(data, { recursive: true, force: true })
  })

  it('goes on without DICOM when that port is taken, says so, and takes it once it is free', async () => {
    const data = await temporaryData()
    const port = portOf(taken)
    const appliance = await startAppliance({ data, env: { SCREENPOST_DICOM_PORT: String(port) }, withoutDicom: true })
    expect(appliance.output()).toMatch(new RegExp(`^problem: Device dicom: Port ${port}: Another program uses the port`, 'm'))
    taken.close()
    await waitFor(async () => {
      const { dicom } = await appliance.api<{ dicom?: string }>('/api/v1/status')
      return dicom?.endsWith(`:${port}`) ? true : undefined
    }, { timeoutMs: 40_000, hint: () => appliance.output() })
    expect(await appliance.stop()).toBe(0)
    await removeData(appliance)
  }, 60_000)

  it('works on when the terminal that it was started in is closed', async () => {
    const appliance = await startAppliance()
    appliance.child.stdout!.destroy()
    appliance.child.stderr!.destroy()
    const send = async (text: string) => (await fetch(`${appliance.url}/api/v1/uploads`, {
      method: 'POST', headers: { authorization: `Bearer ${await appliance.token('operator')}` }, body: (() => { const form = new FormData(); form.append('file', new Blob([text]), 'note.jpg'); return form })()
    })).status
    for (const text of ['a', 'list', 'of three']) expect(await send(text)).toBe(207)
    expect(await appliance.stop()).toBe(0)
    await removeData(appliance)
  }, 120_000)

  it('prints the first-login PIN to a terminal only', async () => {
    const appliance = await startAppliance()
    expect(appliance.output()).not.toMatch(/PIN \d/)
    expect(appliance.output()).toContain('shown on a terminal only')
    await appliance.stop()
    await removeData(appliance)
  })
})

describeWith(['script'], 'on a terminal', () => {
  it('the first-login PIN is printed, and it opens the setup once', async () => {
    const data = await temporaryData()
    const child = (await import('node:child_process')).spawn(peerPath('script')!, ['-qfec', `"${process.execPath}" "${bin}" serve --data "${data}"`, '/dev/null'], {
      env: { ...process.env, SCREENPOST_HTTP_PORT: '0', SCREENPOST_DICOM_PORT: '0' }, stdio: ['ignore', 'pipe', 'ignore'], detached: true
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    const url = (await waitFor(() => /ready http=(\S+)/.exec(output) ?? undefined, { timeoutMs: 30_000, hint: () => output }))[1]!
    const pin = /first-login PIN ([\d-]+)/.exec(output)?.[1]
    const setup = (name: string) => fetch(`${url}/setup`, {
      method: 'POST', redirect: 'manual', headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ firstLoginPin: pin!, 'admin-name': name, 'admin-id': name, 'admin-pin': '482913' })
    })
    expect((await setup('first')).status).toBe(303)
    expect((await setup('second')).status).not.toBe(303)
    process.kill(-child.pid!, 'SIGTERM')
    await new Promise((done) => child.once('exit', done))
    await rm(data, { recursive: true, force: true })
  }, 60_000)
})
