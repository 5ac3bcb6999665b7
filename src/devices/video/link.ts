import { z } from 'zod'
import type { DeviceCommand, ProbeReport } from '../../domain/device-report.js'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import type { VideoSession, VideoView } from '../../domain/video-session.js'
import { WHOLE_PICTURE } from '../../domain/video-session.js'
import { waitMs } from '../../platform/backoff.js'
import type { CloseReason, DeviceHost, DeviceLink } from '../device-kind.js'
import { DeviceRefused } from '../device-refused.js'
import { linkEnd } from '../link-end.js'
import { deliverClip, deliverStill } from './capture.js'
import type { Frame } from './grabber.js'
import { Grabber } from './grabber.js'
import { movingPart } from './moving-part.js'
import type { VideoOptions } from './options.js'
import { alreadyRecording, noPicture, stillThere } from './problems.js'
import { greyCopies, renderFrame } from './render.js'
import { ViewStore, viewSchema } from './view-store.js'

const OPEN_WITHIN_MS = 8000
const LOOK_MS = 2000
const LOOK_WIDTH = 160
const LOOK_FRAMES = 16

const commands = ['freeze', 'unfreeze', 'capture', 'record', 'frozen', 'find-moving-part', 'keep-moving-part', 'set-view', 'keep-all'] as const
type Name = (typeof commands)[number]
const captureValues = z.object({ clip: z.boolean().default(false), seconds: z.number().min(0.5).max(20).optional() })

/** Resolves when the first picture has come. Rejects with a problem in words when none does. */
export async function openVideo(options: VideoOptions, host: DeviceHost, program?: string): Promise<DeviceLink> {
  const views = await ViewStore.open(host)
  const grabber = new Grabber(options, host.clock, program)
  const first = await Promise.race([firstFrame(grabber), grabber.ended, waitMs(OPEN_WITHIN_MS)])
  if (first !== 'seen') {
    await grabber.stop()
    throw new DeviceRefused(first ?? noPicture)
  }
  return new VideoLink({ options, host, grabber, views, size: await renderFrame(grabber.newest!.jpeg, undefined, 'jpeg') })
}

async function firstFrame(grabber: Grabber): Promise<'seen' | undefined> {
  for (;;) {
    if (!(await grabber.next())) return undefined
    if (grabber.newest) return 'seen'
  }
}

type Parts = { readonly options: VideoOptions; readonly host: DeviceHost; readonly grabber: Grabber; readonly views: ViewStore; readonly size: { readonly width: number; readonly height: number } }

/** `visitId`: the visit that held the device then. */
type Frozen = { readonly frame: Frame; readonly small: Frame; readonly visitId: string | undefined }

class VideoLink implements DeviceLink {
  readonly closed: Promise<CloseReason>
  readonly detail: string
  readonly commands = commands
  #frozen: Frozen | undefined
  #recording = false
  #captured = 0
  readonly #stop = new AbortController()

  constructor(private readonly parts: Parts) {
    const { closed, end } = linkEnd()
    this.closed = closed
    this.detail = `${parts.options.input}, ${parts.size.width} x ${parts.size.height}`
    void parts.grabber.ended.then((problem) => end(problem ? { problem } : {}))
  }

  session(): VideoSession {
    const { options, size, views } = this.parts
    return {
      type: 'video', width: size.width, height: size.height, framesPerSecond: options.previewFramesPerSecond, view: views.view,
      frozen: this.#still() !== undefined, recording: this.#recording, captured: this.#captured
    }
  }

  /** What is frozen is shown again and again in place of the moving picture. */
  async *preview(signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { grabber } = this.parts
    const shown = (moving: Frame): Uint8Array => (this.#still()?.small ?? moving).jpeg
    if (grabber.small) yield shown(grabber.small)
    for (let frame = await grabber.next(signal); frame; frame = await grabber.next(signal)) yield shown(frame)
  }

  check(): Promise<ProbeReport> {
    const { grabber, host, views } = this.parts
    const age = grabber.newest ? host.clock.monotonicMs() - grabber.newest.atMs : Infinity
    const kept = views.view ? 'What is kept of the picture was chosen.' : 'Nobody has chosen what is kept of the picture: names on the machine\'s screen are stored. Choose it in a visit with this device.'
    return Promise.resolve(age < 1500 ? probeOk(`A moving picture comes: ${this.detail}.`, kept) : probeFailed(noPicture))
  }

  async command({ name, values, by }: DeviceCommand): Promise<Result<unknown, Problem>> {
    const known = commands.find((each) => each === name)
    if (!known) return err(problem('no-such-command', `This device does not know ${JSON.stringify(name)}. Use one of ${commands.join(', ')}.`))
    const result = await this.#do[known](values, by)
    if (known !== 'frozen') this.parts.host.emit?.({ type: 'session' })
    return result
  }

  readonly #do: { readonly [N in Name]: (values: DeviceCommand['values'], by: string) => Promise<Result<unknown, Problem>> } = {
    freeze: () => Promise.resolve(this.#freeze()),
    unfreeze: () => { this.#frozen = undefined; return Promise.resolve(ok(null)) },
    frozen: () => {
      const still = this.#still()
      return Promise.resolve(still ? ok({ jpegBase64: still.small.jpeg.toString('base64') }) : err(noPicture))
    },
    capture: (values, by) => this.#capture(values, by),
    record: (values, by) => this.#capture({ ...values, clip: true }, by),
    'find-moving-part': () => this.#findMovingPart(),
    'set-view': async (values) => {
      const view = viewSchema.safeParse(values)
      if (!view.success) return err(problem('bad-command', view.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')))
      await this.parts.views.set(view.data)
      return ok(null)
    },
    'keep-moving-part': async () => {
      const found = await this.#findMovingPart()
      if (found.ok) await this.parts.views.set(found.value)
      return found
    },
    'keep-all': async () => { await this.parts.views.set(WHOLE_PICTURE); return ok(null) }
  }

  #freeze(): Result<unknown, Problem> {
    const { newest, small } = this.parts.grabber
    if (!newest || !small) return err(noPicture)
    this.#frozen = { frame: newest, small, visitId: this.#visitId }
    return ok(null)
  }

  get #visitId(): string | undefined { return this.parts.host.visit?.()?.visitId }

  /** What is frozen. It is let go with the visit that it was frozen in: the next one is another person's. */
  #still(): Frozen | undefined {
    if (this.#frozen && this.#frozen.visitId !== this.#visitId) this.#frozen = undefined
    return this.#frozen
  }

  /** A still of what is frozen, else of this moment; it stays frozen when the store takes nothing. A clip of the next seconds. */
  async #capture(values: DeviceCommand['values'], by: string): Promise<Result<unknown, Problem>> {
    const { host, grabber, views, options } = this.parts
    const asked = captureValues.safeParse(values)
    if (!asked.success) return err(problem('bad-command', asked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')))
    const captured = { host, by, view: views.view, visit: host.visit?.() }
    if (asked.data.clip) return this.#clip(Math.min(asked.data.seconds ?? options.clipSeconds, options.clipSeconds), captured)
    const frame = this.#still()?.frame ?? grabber.newest
    if (!frame) return err(noPicture)
    const result = await deliverStill(frame, captured)
    if (!result.ok) return result
    this.#frozen = undefined
    this.#captured += 1
    return ok(result.value)
  }

  async #clip(seconds: number, captured: Parameters<typeof deliverClip>[1]): Promise<Result<unknown, Problem>> {
    if (this.#recording) return err(alreadyRecording)
    const { host, grabber } = this.parts
    this.#recording = true
    // A clip is of the moving picture, so that is shown.
    this.#frozen = undefined
    host.emit?.({ type: 'session' })
    try {
      const sinceMs = host.clock.monotonicMs()
      await waitMs(seconds * 1000, this.#stop.signal)
      const frames = grabber.since(sinceMs)
      if (frames.length < 2 || this.#stop.signal.aborted) return err(noPicture)
      const result = await deliverClip(frames, captured)
      if (result.ok) this.#captured += 1
      return result
    } finally {
      this.#recording = false
    }
  }

  async #findMovingPart(): Promise<Result<VideoView, Problem>> {
    const { host, grabber } = this.parts
    const sinceMs = host.clock.monotonicMs()
    await waitMs(LOOK_MS, this.#stop.signal)
    const keep = movingPart(await greyCopies(grabber.since(sinceMs).slice(-LOOK_FRAMES).map(({ jpeg }) => jpeg), LOOK_WIDTH))
    return keep ? ok({ keep, mask: this.parts.views.view?.mask ?? [] }) : err(stillThere)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.parts.grabber.stop()
  }
}
