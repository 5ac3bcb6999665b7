import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import { superviseDevices } from '../../../src/devices/supervise.js'
import { deviceKinds } from '../../../src/devices/registry.js'
import { openVideo } from '../../../src/devices/video/link.js'
import { video } from '../../../src/devices/video/video.js'
import type { Arrival, Deliver } from '../../../src/domain/arrival.js'
import { problem } from '../../../src/domain/problem.js'
import { err, ok } from '../../../src/domain/result.js'
import type { VideoSession } from '../../../src/domain/video-session.js'
import { WHOLE_PICTURE } from '../../../src/domain/video-session.js'
import { decodeFile } from '../../../src/ingest/decode/decode.js'
import { defaultDecodeLimits } from '../../../src/ingest/decode/limits.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { phantomVideo } from '../../../src/simulate/pictures.js'
import { describeWith } from '../../flows/peers.js'

describeWith(['ffmpeg'], 'a video camera', () => {
  let folder: string
  let link: DeviceLink | undefined
  let arrivals: Arrival[]
  let files: Buffer[]
  let deliver: Deliver
  let host: DeviceHost
  const options = (more: object = {}) => {
    const parsed = video.parseOptions({ input: 'pattern:testsrc2', width: 640, height: 480, previewWidth: 320, ...more })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    return parsed.value
  }
  const take = async <T>(name: string, values: Record<string, unknown> = {}): Promise<T> => {
    const result = await link!.command!({ name, values, by: 'U-1' })
    if (!result.ok) throw new Error(result.error.code)
    return result.value as T
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-video-'))
    await mkdir(join(folder, 'spool'))
    arrivals = []
    files = []
    deliver = async (arrival) => {
      arrivals.push(arrival)
      files.push(await readFile(arrival.spoolPath))
      return ok({ outcome: 'stored', studyId: '20260301-00000000' })
    }
    host = {
      deviceId: 'us', spoolFolder: join(folder, 'spool'), stateFolder: join(folder, 'devices', 'us'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
      deliver: (arrival) => deliver(arrival), visit: () => ({ visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A', take: { code: 'lung-r1', modality: 'ultrasound' } })
    }
  })
  afterEach(async () => {
    await link?.[Symbol.asyncDispose]()
    link = undefined
    await rm(folder, { recursive: true, force: true })
  })

  it('shows a moving picture at 10 frames a second or more, to two tablets at once', async () => {
    link = await openVideo(options(), host)
    const watch = async (): Promise<number> => {
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 3000)
      let frames = 0
      for await (const frame of link!.preview!(stop.signal)) {
        frames += 1
        if (frames === 1) expect(await sharp(frame).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 240 })
      }
      return frames
    }
    for (const frames of await Promise.all([watch(), watch()])) expect(frames / 3).toBeGreaterThanOrEqual(10)
  })

  it('captures what was frozen, in full size, for the visit of that moment', async () => {
    link = await openVideo(options(), host)
    await take('freeze')
    expect((link.session!() as VideoSession).frozen).toBe(true)
    const { jpegBase64 } = await take<{ jpegBase64: string }>('frozen')
    await new Promise((resolve) => { setTimeout(resolve, 600) })
    await take('capture')
    expect(arrivals).toMatchObject([{ source: { kind: 'video', deviceId: 'us', operator: 'U-1' }, visitId: 'V-20260301-AAAAAAAA', take: 'lung-r1' }])
    expect(await sharp(files[0]!).metadata()).toMatchObject({ format: 'png', width: 640, height: 480 })
    const small = (bytes: Buffer): Promise<Buffer> => sharp(bytes).resize(32, 24, { fit: 'fill' }).greyscale().raw().toBuffer()
    const [frozen, taken] = [await small(Buffer.from(jpegBase64, 'base64')), await small(files[0]!)]
    expect(frozen.reduce((sum, value, at) => sum + Math.abs(value - taken[at]!), 0) / frozen.length).toBeLessThan(12)
    expect((link.session!() as VideoSession)).toMatchObject({ frozen: false, captured: 1 })
  })

  it('shows what is frozen instead of the moving picture: it is what will be taken', async () => {
    link = await openVideo(options(), host)
    await take('freeze')
    const { jpegBase64 } = await take<{ jpegBase64: string }>('frozen')
    const stop = new AbortController()
    const isFrozen: boolean[] = []
    for await (const frame of link.preview!(stop.signal)) {
      isFrozen.push(Buffer.from(frame).toString('base64') === jpegBase64)
      if (isFrozen.length === 4) await take('unfreeze')
      if (isFrozen.length === 7) stop.abort()
    }
    expect(isFrozen).toEqual([true, true, true, true, false, false, false])
  })

  it('lets go of what was frozen in a visit when that visit no longer has the camera, so that the next person gets a picture of their own', async () => {
    let visitId: string | undefined = 'V-20260301-AAAAAAAA'
    host = { ...host, visit: () => (visitId === undefined ? undefined : { visitId, patientId: 'P-0000000A' }) }
    link = await openVideo(options(), host)
    await take('freeze')
    const { jpegBase64 } = await take<{ jpegBase64: string }>('frozen')
    visitId = 'V-20260301-BBBBBBBB'
    expect((link.session!() as VideoSession).frozen).toBe(false)
    await new Promise((resolve) => { setTimeout(resolve, 1200) })
    await take('capture')
    const small = (bytes: Buffer): Promise<Buffer> => sharp(bytes).resize(32, 24, { fit: 'fill' }).greyscale().raw().toBuffer()
    const [frozen, taken] = [await small(Buffer.from(jpegBase64, 'base64')), await small(files[0]!)]
    expect(frozen.reduce((sum, value, at) => sum + Math.abs(value - taken[at]!), 0) / frozen.length).toBeGreaterThan(3)
    expect(arrivals).toMatchObject([{ visitId: 'V-20260301-BBBBBBBB' }])
  })

  it('keeps the frozen picture when the store takes nothing', async () => {
    link = await openVideo(options(), host)
    await take('freeze')
    deliver = () => Promise.resolve(err(problem('store-full', 'Full.')))
    await expect(take('capture')).rejects.toThrow('store-full')
    expect((link.session!() as VideoSession).frozen).toBe(true)
  })

  it('stores nothing of what is outside the chosen part or under a mask, also after a restart', async () => {
    link = await openVideo(options({ input: 'pattern:smptebars' }), host)
    await take('set-view', { keep: [[0.25, 0], [0.75, 0], [0.75, 0.5], [0.25, 0.5]], mask: [[0.3, 0, 0.1, 0.5]] })
    await link[Symbol.asyncDispose]()
    link = await openVideo(options({ input: 'pattern:smptebars' }), host)
    expect((link.session!() as VideoSession).view).toBeDefined()
    await take('capture')
    const { data, info } = await sharp(files[0]!).greyscale().raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([320, 240])
    const at = (x: number, y: number): number => data[y * info.width + x]!
    expect([at(40, 100), at(90, 20)]).toEqual([0, 0])
    expect(at(150, 100)).toBeGreaterThan(20)
  })

  it('blackens what a polygon leaves out', async () => {
    link = await openVideo(options({ input: 'pattern:smptebars' }), host)
    await take('set-view', { keep: [[0.5, 0], [1, 1], [0, 1]] })
    await take('capture')
    const { data, info } = await sharp(files[0]!).removeAlpha().greyscale().raw().toBuffer({ resolveWithObject: true })
    expect(data[5 * info.width + 5]).toBe(0)
    expect(data[5 * info.width + info.width - 5]).toBe(0)
    expect(data[200 * info.width + 320]).toBeGreaterThan(10)
  })

  it('keeps only what moves, when told to: the sector without the writing beside it', async () => {
    const screen = join(folder, 'screen.mjpeg')
    await writeFile(screen, await phantomVideo(4))
    link = await openVideo(options({ input: screen }), host)
    await take('keep-moving-part')
    await take('capture')
    const { width, height } = await sharp(files[0]!).metadata()
    expect(width!).toBeLessThan(700)
    expect(height!).toBeLessThan(500)
    const writing = { left: 20, top: 20, right: 330, bottom: 45 }
    const keep = (link.session!() as VideoSession).view!.keep
    expect(keep.some(([x, y]) => x * 960 < writing.right && x * 960 > writing.left && y * 540 < writing.bottom && y * 540 > writing.top)).toBe(false)
    await take('set-view', { keep, mask: [[0.4, 0.4, 0.1, 0.1]] })
    await take('keep-moving-part')
    expect((link.session!() as VideoSession).view!.mask).toEqual([[0.4, 0.4, 0.1, 0.1]])
    await take('keep-all')
    expect((link.session!() as VideoSession).view).toEqual(WHOLE_PICTURE)
    await take('capture')
    expect(await sharp(files[1]!).metadata()).toMatchObject({ width: 960, height: 540 })
  }, 60_000)

  it('captures a clip that is read as one', async () => {
    link = await openVideo(options(), host)
    await take('capture', { clip: true, seconds: 1 })
    const path = join(folder, 'clip.dcm')
    await writeFile(path, files[0]!)
    const decoded = await decodeFile(path, defaultDecodeLimits)
    expect(decoded).toMatchObject({ ok: true, value: { content: 'dicom', pixels: { width: 640, height: 480 }, dicom: { modality: 'US' } } })
    if (decoded.ok) expect(decoded.value.pixels.frames).toBeGreaterThanOrEqual(8)
  })

  it('keeps names out also after the spool was emptied, and as an earlier release was told in the spool', async () => {
    const earlier = join(folder, 'spool', 'video', 'us')
    const view = { keep: [[0.5, 0], [1, 1], [0, 1]], mask: [[0.4, 0.4, 0.1, 0.1]] }
    await mkdir(earlier, { recursive: true })
    await writeFile(join(earlier, 'view.json'), JSON.stringify(view))
    link = await openVideo(options(), host)
    expect(link.session!()).toMatchObject({ view })
    const other = { keep: [[0, 0], [1, 0], [1, 1]], mask: [] }
    await take('set-view', other)
    await link[Symbol.asyncDispose]()
    link = await openVideo(options(), host)
    expect(link.session!()).toMatchObject({ view: other })
    await link[Symbol.asyncDispose]()
    await rm(join(folder, 'spool'), { recursive: true })
    await mkdir(join(folder, 'spool'))
    link = await openVideo(options(), host)
    expect(link.session!()).toMatchObject({ view: other })
  })

  it('is opened again when its program dies', async () => {
    const devices = superviseDevices({
      devices: [{ id: 'us', kind: 'video', options: options() }], kinds: deviceKinds, deliver: (arrival) => deliver(arrival), spoolFolder: join(folder, 'spool'), devicesFolder: join(folder, 'devices'),
      clock: systemClock, log: silentLog, backoff: { baseMs: 50, maxMs: 100 }
    })
    try {
      await devices.triedAll
      const pid = (await import('node:child_process')).execFileSync('pgrep', ['-n', '-P', String(process.pid), 'ffmpeg'], { encoding: 'utf8' }).trim()
      process.kill(Number(pid), 'SIGKILL')
      await vi.waitFor(() => expect(devices.status()[0]!.state).not.toBe('open'), 5000)
      await vi.waitFor(() => expect(devices.status()[0]!.state).toBe('open'), 10_000)
    } finally {
      await devices[Symbol.asyncDispose]()
    }
  })

  it.each([
    ['/dev/v4l/by-id/not-there', 'device-gone'], ['/dev/null', 'not-a-camera'], ['/nowhere/clip.avi', 'device-gone']
  ])('says what to do when %s gives no picture', async (input, code) => {
    await expect(openVideo(options({ input }), host)).rejects.toMatchObject({ problem: { code } })
    expect(await video.probe(options({ input }), host)).toMatchObject({ ok: false, problem: { code } })
  })

  it('says which program is missing', async () => {
    await expect(openVideo(options(), host, 'ffmpeg-that-is-not-there')).rejects.toMatchObject({ problem: { code: 'program-missing' } })
  })

  it('can be tested', async () => {
    expect(await video.probe(options(), host)).toMatchObject({ ok: true, sentences: [expect.any(String), expect.stringMatching(/^[1-9]\d* frames/)] })
  })
})
