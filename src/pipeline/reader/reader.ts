import type { Problem } from '../../domain/problem.js'
import type { Reading } from '../../domain/reading.js'
import { err, type Result } from '../../domain/result.js'
import { backoffMs, waitMs } from '../../platform/backoff.js'
import type { Log } from '../../platform/log.js'
import type { FromChild, ReaderStatus, ReadRequest, RenderRequest, ToChild } from './protocol.js'
import { readerLog } from './reader-log.js'
import { ReaderChild, type ChildEnd } from './reader-child.js'
import { READER_PROBLEMS } from './reader-problems.js'

export type { PackState, ReaderStatus, ReadRequest, RenderRequest } from './protocol.js'

export type ReaderOptions = {
  readonly packsFolder: string
  /** Thresholds that the site fitted on its own cases (`<data>/thresholds`). */
  readonly thresholdsFolder?: string
  readonly enginesFolder?: string
  /** Milliseconds without a request after which the models' memory is given back; never when absent. */
  readonly quietMs?: number
  readonly log: Log
  /** A request of which no stage was done for so many milliseconds hangs, default 120,000: a slow machine is no hanging one. */
  readonly timeoutMs?: number
  /** Longest time of one request in milliseconds, whatever is done meanwhile, default 1,200,000. */
  readonly longestMs?: number
  /** Resident megabytes of the child above which it is ended, default 1,500. */
  readonly memoryLimitMb?: number
  /** `ready` waits at most this long for the packs' golden cases; they run before a pack's first use in any case. Default 2,500. */
  readonly readyWithinMs?: number
  /** A process that has said nothing for so long after its start hangs, and is replaced. */
  readonly startWithinMs?: number
  readonly restart?: { readonly baseMs: number; readonly maxMs: number }
  readonly script?: string | URL
}

/** Reads one object at a time in a process of its own; see `startReader`. */
export type Reader = AsyncDisposable & {
  /** Resolves when packs are checked (or the reader gave up starting); never rejects. */
  readonly ready: Promise<ReaderStatus>
  status(): ReaderStatus
  /**
   * Requests wait their turn. Problems: those of decoding, `reader-crashed` and `reader-timeout` (this object ended the process),
   * `reader-unavailable` (the process does not start), `reader-stopped` (aborted or disposed).
   */
  read(request: ReadRequest, signal?: AbortSignal): Promise<Result<Reading, Problem>>
  /** Writes one frame as PNG to `target` and answers its path. */
  render(request: RenderRequest, signal?: AbortSignal): Promise<Result<string, Problem>>
  onStatus(listener: (status: ReaderStatus) => void): () => void
}

type Request = { readonly kind: 'read'; readonly request: ReadRequest } | { readonly kind: 'render'; readonly request: RenderRequest }
type Job = { readonly id: number; readonly message: ToChild; readonly answer: (result: Result<unknown, Problem>) => void }

/** So many lives in a row without a pack check: what waits is answered `reader-unavailable`, and trying goes on. */
const HOPELESS_AFTER = 3

class SupervisedReader implements Reader {
  readonly ready: Promise<ReaderStatus>
  readonly #log
  readonly #listeners = new Set<(status: ReaderStatus) => void>()
  readonly #queue: Job[] = []
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #markReady: () => void = () => undefined
  #status: ReaderStatus = { provider: 'none', packs: [], alive: false, restarts: 0 }
  #child: ReaderChild | undefined
  #inHand: { readonly job: Job; readonly timer: NodeJS.Timeout; readonly untilMs: number } | undefined
  #started = false
  #failures = 0
  #lastId = 0

  constructor(private readonly options: ReaderOptions) {
    this.#log = readerLog(options.log)
    this.ready = new Promise((resolve) => { this.#markReady = () => resolve(this.#status) })
    this.#running = this.#keepAlive()
    setTimeout(() => this.#markReady(), options.readyWithinMs ?? 2500).unref()
  }

  status(): ReaderStatus { return this.#status }

  onStatus(listener: (status: ReaderStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  read(request: ReadRequest, signal?: AbortSignal): Promise<Result<Reading, Problem>> {
    return this.#ask({ kind: 'read', request }, signal) as Promise<Result<Reading, Problem>>
  }

  render(request: RenderRequest, signal?: AbortSignal): Promise<Result<string, Problem>> {
    return this.#ask({ kind: 'render', request }, signal) as Promise<Result<string, Problem>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#child?.kill()
    await this.#running
    this.#refuseAll(READER_PROBLEMS.stopped)
    this.#markReady()
  }

  #ask(request: Request, signal: AbortSignal | undefined): Promise<Result<unknown, Problem>> {
    if (this.#stop.signal.aborted || signal?.aborted) return Promise.resolve(err(READER_PROBLEMS.stopped))
    if (this.#failures >= HOPELESS_AFTER) return Promise.resolve(err(READER_PROBLEMS.unavailable))
    return new Promise((resolve) => {
      const id = ++this.#lastId
      const abort = (): void => this.#abandon(job)
      const job: Job = { id, message: { ...request, id }, answer: (result) => { signal?.removeEventListener('abort', abort); resolve(result) } }
      signal?.addEventListener('abort', abort, { once: true })
      this.#queue.push(job)
      this.#takeNext()
    })
  }

  /** Waiting: taken out. In hand: answered now; the process finishes it, or the timeout does, before the next. */
  #abandon(job: Job): void {
    const waiting = this.#queue.indexOf(job)
    if (waiting >= 0) this.#queue.splice(waiting, 1)
    job.answer(err(READER_PROBLEMS.stopped))
  }

  #takeNext(): void {
    const child = this.#child
    if (!child || !this.#started || this.#inHand) return
    const job = this.#queue.shift()
    if (!job) return
    const timeoutMs = this.options.timeoutMs ?? 120_000
    const timer = setTimeout(() => { this.#log.overran(timeoutMs); child.kill('timeout') }, timeoutMs)
    this.#inHand = { job, timer, untilMs: performance.now() + (this.options.longestMs ?? 1_200_000) }
    child.send(job.message)
  }

  #progress(): void {
    if (this.#inHand && performance.now() < this.#inHand.untilMs) this.#inHand.timer.refresh()
  }

  #finish(id: number | undefined, result: Result<unknown, Problem>): void {
    if (!this.#inHand || (id !== undefined && this.#inHand.job.id !== id)) return
    clearTimeout(this.#inHand.timer)
    this.#inHand.job.answer(result)
    this.#inHand = undefined
    this.#takeNext()
  }

  /** Starts the process again for as long as this reader is wanted; the wait grows with failures in a row. */
  async #keepAlive(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#started = false
      const child = new ReaderChild({ ...this.options, memoryLimitMb: this.options.memoryLimitMb ?? 1500 }, (message) => this.#hear(message))
      this.#child = child
      this.#log.started(child.pid)
      const late = setTimeout(() => { if (!this.#started) child.kill('timeout') }, this.options.startWithinMs ?? 15 * 60_000)
      const end = await child.ended
      clearTimeout(late)
      if (this.#stop.signal.aborted) return
      await this.#recover(end)
    }
  }

  async #recover(end: ChildEnd): Promise<void> {
    this.#child = undefined
    this.#failures = this.#started ? 0 : this.#failures + 1
    this.#started = false
    this.#finish(undefined, err(READER_PROBLEMS.crashed(end)))
    this.#show({ alive: false, restarts: this.#status.restarts + 1 })
    if (this.#failures >= HOPELESS_AFTER) { this.#refuseAll(READER_PROBLEMS.unavailable); this.#markReady() }
    const limits = this.options.restart ?? { baseMs: 200, maxMs: 30_000 }
    const restartInMs = backoffMs(this.#failures, Math.random, limits)
    this.#log.ended({ ...end, restartInMs })
    await waitMs(restartInMs, this.#stop.signal)
  }

  #refuseAll(problem: Problem): void {
    if (this.#inHand) { clearTimeout(this.#inHand.timer); this.#queue.unshift(this.#inHand.job); this.#inHand = undefined }
    for (const job of this.#queue.splice(0)) job.answer(err(problem))
  }

  #hear(message: FromChild): void {
    if (message.kind === 'progress') return this.#progress()
    if (message.kind !== 'status') return this.#finish(message.id, message.result)
    const known = new Set(this.#status.packs.filter((pack) => pack.problem).map(({ id, version }) => `${id}/${version}`))
    message.packs.filter((pack) => pack.problem && !known.has(`${pack.id}/${pack.version}`)).forEach((pack) => this.#log.packOut(pack))
    this.#started = true
    this.#failures = 0
    this.#show({ provider: message.provider, packs: message.packs, alive: true })
    if (message.ready) this.#markReady()
    this.#takeNext()
  }

  #show(change: Partial<ReaderStatus>): void {
    this.#status = { ...this.#status, ...change }
    for (const listener of this.#listeners) listener(this.#status)
  }
}

/**
 * Starts the reader: a child process that decodes, gates and infers, so that a decoder or a model that crashes, hangs or eats the
 * memory costs one request and not the service. The process is started again whenever it ends.
 */
export async function startReader(options: ReaderOptions): Promise<Reader> {
  return new SupervisedReader(options)
}
