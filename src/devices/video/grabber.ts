import type { Problem } from '../../domain/problem.js'
import type { Clock } from '../../platform/clock.js'
import type { ProgramEnd, RunningProgram } from '../../platform/program.js'
import { startProgram } from '../../platform/program.js'
import { FULL_PIPE, PREVIEW_PIPE, ffmpegArguments } from './ffmpeg-arguments.js'
import { JpegSplitter } from './jpeg-splitter.js'
import type { VideoOptions } from './options.js'
import { grabProblem, videoSilent } from './problems.js'

export type Frame = { readonly jpeg: Buffer; readonly atMs: number }

const WATCH_MS = 250

/** A running ffmpeg: the newest small frame, and the full frames of the last seconds. */
export class Grabber {
  readonly #program: RunningProgram
  readonly #watch: NodeJS.Timeout
  readonly #waiting = new Set<() => void>()
  #full: Frame[] = []
  #small: Frame | undefined
  #lastMs: number
  #silent = false
  #stopped = false
  /** Why it ended; undefined when it was stopped. */
  readonly ended: Promise<Problem | undefined>

  constructor(private readonly options: VideoOptions, private readonly clock: Clock, program = 'ffmpeg') {
    this.#lastMs = clock.monotonicMs()
    this.#program = startProgram(program, ffmpegArguments(options), { pipes: [PREVIEW_PIPE, FULL_PIPE] })
    this.#listen(PREVIEW_PIPE, (frame) => this.#showSmall(frame))
    this.#listen(FULL_PIPE, (frame) => this.#keepFull(frame))
    this.#watch = setInterval(() => this.#lookForSilence(), WATCH_MS)
    this.ended = this.#program.ended.then((end) => this.#reason(end))
  }

  get pid(): number | undefined { return this.#program.pid }
  get newest(): Frame | undefined { return this.#full.at(-1) }
  get small(): Frame | undefined { return this.#small }

  /** Full frames since then, oldest first. */
  since(atMs: number): readonly Frame[] { return this.#full.filter((frame) => frame.atMs >= atMs) }

  /** Resolves with the next small frame, or with undefined when there will be none. */
  async next(signal?: AbortSignal): Promise<Frame | undefined> {
    if (this.#stopped || signal?.aborted) return undefined
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal?.addEventListener('abort', done, { once: true })
    })
    return this.#stopped || signal?.aborted ? undefined : this.#small
  }

  async stop(): Promise<void> {
    this.#end()
    await this.#program.stop()
  }

  #listen(pipe: number, take: (jpeg: Buffer) => void): void {
    const splitter = new JpegSplitter()
    this.#program.pipe(pipe).on('data', (chunk: Buffer) => {
      for (const frame of splitter.push(chunk)) take(frame)
    })
  }

  #showSmall(jpeg: Buffer): void {
    this.#lastMs = this.clock.monotonicMs()
    this.#small = { jpeg, atMs: this.#lastMs }
    for (const wake of [...this.#waiting]) wake()
  }

  #keepFull(jpeg: Buffer): void {
    const atMs = this.clock.monotonicMs()
    const oldest = atMs - (this.options.clipSeconds + 1) * 1000
    this.#full = [...this.#full.filter((frame) => frame.atMs >= oldest), { jpeg, atMs }]
  }

  #lookForSilence(): void {
    if (this.clock.monotonicMs() - this.#lastMs < this.options.silentSeconds * 1000) return
    this.#silent = true
    void this.stop()
  }

  #reason(end: ProgramEnd): Problem | undefined {
    const asked = this.#stopped && !this.#silent
    this.#end()
    if (this.#silent) return videoSilent(this.options)
    return asked ? undefined : grabProblem(end, this.options)
  }

  #end(): void {
    this.#stopped = true
    clearInterval(this.#watch)
    for (const wake of [...this.#waiting]) wake()
  }
}
