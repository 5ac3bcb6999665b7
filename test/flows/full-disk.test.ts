import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isErrno } from '../../src/platform/durable-fs.js'
import { freeBytes } from '../../src/platform/disk-space.js'
import { makeDicom } from '../generators/dicom.js'
import { bin, removeData, run, startAppliance, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { peerPath } from './peers.js'

const MB = 1024 * 1024
const canMount = process.getuid?.() === 0 && peerPath('storescu') !== undefined
if (!canMount && process.env['CI'] === 'true') throw new Error('In CI this must run as root with DCMTK: run scripts/test-peers.sh')

describe.skipIf(!canMount)('a disk that fills up (needs root to mount a small file system, and storescu: run scripts/test-peers.sh)', () => {
  let data: string
  let elsewhere: string
  let clinic: RunningAppliance
  let headers: { authorization: string }
  let digitizer: ReturnType<typeof spawn> | undefined
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'screenpost-full-'))
    elsewhere = await mkdtemp(join(tmpdir(), 'screenpost-full-site-'))
    await run('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'none', data])
    await writeFile(join(elsewhere, 'site.json'), JSON.stringify({ devices: [{ id: 'dicom', kind: 'dicom', options: { port: 0 } }, { id: 'digitizer', kind: 'serial-digitizer', options: { path: join(elsewhere, 'tty') } }, { id: 'dicomweb', kind: 'stow', options: {} }, { id: 'film', kind: 'film-photo', options: {} }], disk: { warnMb: 24, refuseMb: 12, ballastMb: 2 } }))
    clinic = await startAppliance({ data, args: ['--config', join(elsewhere, 'site.json')] })
    headers = { authorization: `Bearer ${await clinic.token('clinician')}` }
  }, 60_000)
  afterAll(async () => {
    digitizer?.kill('SIGTERM')
    await clinic?.stop()
    await run('umount', ['-l', data])
    await removeData({ data })
    await rm(elsewhere, { recursive: true, force: true })
  })

  const fillTo = async (left: number): Promise<void> => {
    await rm(join(data, 'stranger'), { force: true })
    await writeFile(join(data, 'stranger'), Buffer.alloc(Math.max(0, (await freeBytes(data)) - left))).catch((error: unknown) => { if (!isErrno(error, 'ENOSPC')) throw error })
  }
  const page = async (): Promise<string> => (await fetch(`${clinic.url}/system`, { headers: { ...headers, accept: 'text/html' } })).text()
  const pageSays = (notice: string): Promise<true> => waitFor(async () => ((await page()).includes(`data-notice="${notice}"`) ? true : undefined), { timeoutMs: 15_000, hint: () => `the page does not say ${notice}` })
  const upload = (n: number): Promise<Response> => {
    const form = new FormData()
    form.append('file', new Blob([makeDicom({ sopInstanceUid: `2.25.77${n}`, modality: 'CR', bodyPart: 'CHEST', columns: 40, rows: 32, bitsAllocated: 8, pixels: new Uint8Array(40 * 32).fill(n) })]), 'x.dcm')
    return fetch(`${clinic.url}/api/v1/uploads`, { method: 'POST', body: form, headers })
  }
  const storescu = async (n: number): Promise<string> => {
    const path = join(elsewhere, `film-${n}.dcm`)
    await writeFile(path, makeDicom({ sopInstanceUid: `2.25.88${n}`, modality: 'CR', bodyPart: 'CHEST', columns: 40, rows: 32, bitsAllocated: 8, pixels: new Uint8Array(40 * 32).fill(n) }))
    return run('storescu', ['-v', '-aec', 'SCREENPOST', '127.0.0.1', String(clinic.dicom.port), path]).then(({ stdout, stderr }) => stdout + stderr, (error: { stdout: string; stderr: string }) => error.stdout + error.stderr)
  }
  const devices = async () => (await clinic.api<{ devices: { id: string; received: number; problem?: { message: string } }[] }>('/api/v1/devices')).devices
  const register = (): Promise<Response> =>
    fetch(`${clinic.url}/api/v1/patients`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ name: `Phantom ${Math.random()}`, ageYears: 50, sex: 'F' }) })

  it('warns first and takes images still', async () => {
    await waitFor(async () => stat(join(data, 'ballast')).catch(() => undefined), { timeoutMs: 10_000, hint: () => 'no ballast' })
    expect(await page()).not.toContain('data-notice')
    await fillTo(18 * MB)
    await pageSays('disk-low')
    expect((await upload(1)).status).toBe(200)
  }, 40_000)

  it('then refuses with 507 and 0xA700 before anything is lost, while people and the audit record go on', async () => {
    await fillTo(6 * MB)
    await pageSays('disk-full')
    const refused = await upload(2)
    expect(refused.status).toBe(507)
    expect(await refused.text()).toContain('store-full')
    expect(await storescu(2)).toMatch(/0xa700|Refused: OutOfResources/i)
    expect((await register()).status).toBe(201)
    expect((await fetch(`${clinic.url}/healthz`)).status).toBe(200)
  }, 40_000)

  it('tells a digitizer on a serial line to keep its film, and says so on the page', async () => {
    digitizer = spawn(process.execPath, [bin, 'simulate', 'digitizer', '--port', join(elsewhere, 'tty'), '--every', '20'], { stdio: 'ignore' })
    const trouble = async (): Promise<string | undefined> => (await devices()).find(({ id }) => id === 'digitizer')?.problem?.message
    await waitFor(async () => ((await trouble())?.includes('the digitizer keeps the scan') ? true : undefined), { timeoutMs: 150_000, hint: () => `the digitizer was not refused:\n${clinic.output().slice(-2000)}` })
    expect(await page()).toContain('the digitizer keeps the scan')
    expect((await devices()).find(({ id }) => id === 'digitizer')!.received).toBe(0)
  }, 170_000)

  it('refuses a large upload before it eats the reserve', async () => {
    await fillTo(13 * MB)
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(30 * MB)]), 'large.dcm')
    const least = { bytes: Infinity }
    const watching = setInterval(() => void freeBytes(data).then((free) => { least.bytes = Math.min(least.bytes, free) }, () => undefined), 5)
    const answer = await fetch(`${clinic.url}/api/v1/uploads`, { method: 'POST', body: form, headers, signal: AbortSignal.timeout(30_000) }).finally(() => clearInterval(watching))
    expect(answer.status).toBe(507)
    expect(least.bytes).toBeGreaterThan(2 * MB)
  }, 40_000)

  it.each([['/stow/studies', 'multipart/related; type="application/dicom"; boundary=x'], ['/film-photo', 'image/jpeg']])('refuses what %s sends without saying how much it is', async (path, type) => {
    await fillTo(13 * MB)
    function* pieces(): Generator<Uint8Array> {
      yield Buffer.from('--x\r\nContent-Type: application/dicom\r\n\r\n')
      for (let sent = 0; sent < 30; sent += 1) yield new Uint8Array(MB)
      yield Buffer.from('\r\n--x--\r\n')
    }
    const least = { bytes: Infinity }
    const watching = setInterval(() => void freeBytes(data).then((free) => { least.bytes = Math.min(least.bytes, free) }, () => undefined), 5)
    const answer = await fetch(`${clinic.url}${path}`, { method: 'POST', body: ReadableStream.from(pieces()), duplex: 'half', headers: { ...headers, accept: 'application/dicom+json, application/json', 'content-type': type }, signal: AbortSignal.timeout(30_000) } as RequestInit).finally(() => clearInterval(watching))
    expect(answer.status).toBe(507)
    expect(least.bytes).toBeGreaterThan(11 * MB)
  }, 40_000)

  it('gives its ballast up when others ate the reserve, so that page and audit record live on', async () => {
    await fillTo(0)
    await waitFor(async () => ((await freeBytes(data)) > MB ? true : undefined), { timeoutMs: 15_000, hint: () => 'the ballast was not given up' })
    expect((await register()).status).toBe(201)
    expect(await page()).toContain('data-notice="disk-full"')
  }, 40_000)

  it('goes on by itself when there is room again', async () => {
    await rm(join(data, 'stranger'))
    expect((await upload(2)).status).toBe(200)
    expect(await storescu(3)).toContain('Received Store Response (Success)')
    await waitFor(async () => ((await page()).includes('data-notice') ? undefined : true), { timeoutMs: 15_000, hint: () => 'the notice stays' })
    await waitFor(async () => stat(join(data, 'ballast')).catch(() => undefined), { timeoutMs: 15_000, hint: () => 'no ballast again' })
    await waitFor(async () => ((await devices()).find(({ id }) => id === 'digitizer')!.received === 1 ? true : undefined), { timeoutMs: 90_000, hint: () => 'the film that the digitizer kept did not come' })
    digitizer?.kill('SIGTERM')
  }, 150_000)

  it('starts on a disk without a free byte, with its page, and shows what is there', async () => {
    expect(await clinic.stop()).toBe(0)
    await rm(join(data, 'ballast'))
    await fillTo(0)
    clinic = await startAppliance({ data, args: ['--config', join(elsewhere, 'site.json')] })
    expect(await (await fetch(`${clinic.url}/login`, { headers: { accept: 'text/html' } })).text()).toContain('Screenpost')
    expect(await page()).toContain('data-notice="disk-full"')
    expect((await upload(4)).status).toBe(507)
    await rm(join(data, 'stranger'))
    expect((await upload(4)).status).toBe(200)
    expect((await clinic.api<{ studies: unknown[] }>('/api/v1/studies')).studies).toHaveLength(5)
  }, 120_000)
})
