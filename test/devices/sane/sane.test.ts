import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import { scanProblem } from '../../../src/devices/sane/problems.js'
import { sane } from '../../../src/devices/sane/sane.js'
import { listScanners, scanArguments } from '../../../src/devices/sane/scanimage.js'
import type { Arrival } from '../../../src/domain/arrival.js'
import { ok } from '../../../src/domain/result.js'
import type { ScanSession } from '../../../src/domain/scan-session.js'
import { decodeFile } from '../../../src/ingest/decode/decode.js'
import { defaultDecodeLimits } from '../../../src/ingest/decode/limits.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { describeWith } from '../../flows/peers.js'
import { testBackend } from './harness.js'

describeWith(['scanimage'], 'a film scanner (SANE\'s test backend)', () => {
  let folder: string
  let config: string
  let link: DeviceLink | undefined
  let arrivals: Arrival[]
  let host: DeviceHost
  const options = (more: object = {}) => {
    const parsed = sane.parseOptions({ device: 'test:0', configFolder: config, resolutionDpi: 100, settings: { 'test-picture': 'Grid' }, ...more })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    return parsed.value
  }
  const slow = { settings: { 'read-delay': true, 'read-delay-duration': 200_000, 'test-picture': 'Grid' }, resolutionDpi: 300, widthMm: 200, heightMm: 200 }
  const scan = (values: Record<string, unknown> = {}) => link!.command!({ name: 'scan', values, by: 'U-1' })
  const session = (): ScanSession => link!.session!() as ScanSession
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-sane-'))
    await mkdir(join(folder, 'spool'))
    config = await testBackend(folder)
    arrivals = []
    host = {
      deviceId: 'film', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
      visit: () => ({ visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A', take: { code: 'chest-pa', modality: 'cxr' } }),
      deliver: async (arrival) => {
        arrivals.push(arrival)
        await copyFile(arrival.spoolPath, join(folder, `film-${arrivals.length}.tif`))
        return ok({ outcome: 'stored', studyId: '20260301-00000000' })
      }
    }
  })
  afterEach(async () => {
    await link?.[Symbol.asyncDispose]()
    link = undefined
    await rm(folder, { recursive: true, force: true })
  })

  it('lists scanners by name', async () => {
    expect(await listScanners(options())).toEqual({ ok: true, value: [{ device: 'test:0', words: 'Noname frontend-tester' }, { device: 'test:1', words: 'Noname frontend-tester' }] })
  })

  it('scans 16-bit grey at the resolution asked for, for the visit of the moment, and the film can be decoded', async () => {
    link = await sane.open(options(), host)
    expect(await scan({ dpi: 150 })).toMatchObject({ ok: true })
    expect(arrivals).toMatchObject([{ source: { kind: 'sane', deviceId: 'film', operator: 'U-1' }, visitId: 'V-20260301-AAAAAAAA', take: 'chest-pa' }])
    expect(await sharp(join(folder, 'film-1.tif')).metadata()).toMatchObject({ format: 'tiff', depth: 'ushort', channels: 1, width: 472, height: 590 })
    const decoded = await decodeFile(join(folder, 'film-1.tif'), defaultDecodeLimits)
    expect(decoded).toMatchObject({ ok: true, value: { pixels: { width: 472, height: 590, channels: 1 } } })
    expect(session()).toMatchObject({ scanned: 1, progress: undefined })
    expect(await readdir(join(folder, 'spool'))).toEqual([])
  })

  it('asks for the transparency unit as this scanner calls it', () => {
    expect(scanArguments(options({ source: 'Transparency Adapter' }), { device: 'test:0', dpi: 300, path: '/x.tif' })).toEqual([
      '-d', 'test:0', '--source=Transparency Adapter', '--mode=Gray', '--depth=16', '--resolution=300', '--test-picture=Grid', '--format=tiff', '--progress', '-o', '/x.tif'
    ])
  })

  it('uses another source of the test scanner, and says when there is none of that name', async () => {
    link = await sane.open(options({ source: 'Automatic Document Feeder' }), host)
    expect(await scan()).toMatchObject({ ok: true })
    await link[Symbol.asyncDispose]()
    link = await sane.open(options({ source: 'Transparency Adapter' }), host)
    expect(await scan()).toMatchObject({ ok: false, error: { code: 'scanner-settings' } })
    expect(arrivals).toHaveLength(1)
  })

  it('shows how far it is, refuses a second scan meanwhile, and can be aborted: nothing is stored', async () => {
    link = await sane.open(options(slow), host)
    const scanning = scan()
    await vi.waitFor(() => expect(session().progress).toBeGreaterThan(0), 5000)
    expect(await scan()).toMatchObject({ ok: false, error: { code: 'already-scanning' } })
    const started = performance.now()
    expect(await link.command!({ name: 'abort', values: {}, by: 'U-1' })).toMatchObject({ ok: true })
    expect(await scanning).toMatchObject({ ok: false, error: { code: 'scan-aborted' } })
    expect(performance.now() - started).toBeLessThan(1000)
    expect(arrivals).toEqual([])
    expect(await readdir(join(folder, 'spool'))).toEqual([])
  })

  it('ends a scan whose program hangs, and scans again', async () => {
    link = await sane.open(options({ ...slow, stallSeconds: 1 }), host)
    const scanning = scan()
    await vi.waitFor(() => expect(session().progress).toBeGreaterThan(0), 5000)
    process.kill(Number(execFileSync('pgrep', ['-o', '-P', String(process.pid), 'scanimage'], { encoding: 'utf8' })), 'SIGSTOP')
    expect(await scanning).toMatchObject({ ok: false, error: { code: 'scan-stalled' } })
    expect(arrivals).toEqual([])
    await link[Symbol.asyncDispose]()
    link = await sane.open(options(), host)
    expect(await scan()).toMatchObject({ ok: true })
  }, 15_000)

  it('says what the scanner itself said (the test backend sometimes hangs instead of saying it: three tries)', async () => {
    link = await sane.open(options({ settings: { 'read-return-value': 'SANE_STATUS_COVER_OPEN' }, stallSeconds: 2 }), host)
    const said: string[] = []
    for (let attempt = 0; attempt < 3 && !said.includes('scanner-open'); attempt += 1) {
      const result = await scan()
      said.push(result.ok ? 'ok' : result.error.code)
    }
    expect(said).toContain('scanner-open')
  }, 15_000)

  it.each([[6, 'scanner-jammed'], [7, 'scanner-empty'], [8, 'scanner-open'], [9, 'io-error'], [3, 'device-busy'], [99, 'scan-failed']])('has words for status %i', (status, code) => {
    expect(scanProblem({ code: status, signal: null, stderr: 'scanimage: sane_read: words' })).toMatchObject({ code })
  })

  it('closes within a second in mid-scan', async () => {
    link = await sane.open(options(slow), host)
    const scanning = scan()
    await vi.waitFor(() => expect(session().progress).toBeGreaterThan(0), 5000)
    const started = performance.now()
    await link[Symbol.asyncDispose]()
    expect(performance.now() - started).toBeLessThan(1000)
    expect(await scanning).toMatchObject({ ok: false })
  })

  it('ends when the scanner is unplugged, and says so until it is back', async () => {
    link = await sane.open(options({ lookSeconds: 0.1 }), host)
    await writeFile(join(config, 'dll.conf'), '\n')
    expect(await link.closed).toMatchObject({ problem: { code: 'device-gone' } })
    await expect(sane.open(options(), host)).rejects.toMatchObject({ problem: { code: 'device-gone' } })
    expect(await sane.probe(options(), host)).toMatchObject({ ok: false, problem: { code: 'device-gone' } })
    await testBackend(folder)
    expect(await sane.probe(options(), host)).toMatchObject({ ok: true })
  }, 15_000)
})
