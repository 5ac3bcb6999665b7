import type { StudyId } from '../domain/ids.js'
import { backoffMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { StudyStore } from '../store/study-store.js'
import { perform, type ExecutorParts } from './executors.js'
import { nextStep } from './next-step.js'
import type { Reader } from './reader/reader.js'
import { runnerLog } from './runner-log.js'

export type RunnerOptions = {
  readonly store: StudyStore
  readonly reader: Reader
  readonly log: Log
  readonly clock: Clock
  readonly operatingPoints?: Readonly<Record<string, string>>
  readonly patientAgeYears?: (patientId: string, onDate: string) => number | undefined
  readonly clockTrusted?: () => boolean
  /** Studies in hand at once, default 1: a power cut then counts against one study only. */
  readonly concurrency?: number
  /** Waits after a step that failed for its own reasons (disk full, a damaged document). */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number }
}

export type Runner = {
  /** Begins nothing more and resolves when the steps in hand are done. */
  close(): Promise<void>
  /** Looks for work now; also happens by itself at each change of the store or of the reader. */
  wake(): void
  /** False when a step has been in hand for longer than any reading may take. */
  isAlive(): boolean
}

const STUCK_AFTER_MS = 10 * 60_000

class PipelineRunner implements Runner {
  /** Studies in hand, and since when. Which step comes next is always read from the documents, never remembered. */
  readonly #inHand = new Map<StudyId, { readonly done: Promise<void>; readonly sinceMs: number }>()
  readonly #held = new Map<StudyId, { readonly failures: number; readonly untilMs: number }>()
  readonly #parts: ExecutorParts
  readonly #unsubscribe: readonly (() => void)[]
  #closing = false
  #scheduled = false

  constructor(private readonly options: RunnerOptions) {
    this.#parts = { ...options, log: runnerLog(options.log) }
    this.#unsubscribe = [options.store.subscribe(() => this.wake()), options.reader.onStatus(() => this.wake())]
    this.wake()
  }

  wake(): void {
    if (this.#scheduled || this.#closing) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#takeWork()
    })
  }

  isAlive(): boolean {
    const now = this.options.clock.monotonicMs()
    return [...this.#inHand.values()].every(({ sinceMs }) => now - sinceMs < STUCK_AFTER_MS)
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await Promise.all([...this.#inHand.values()].map(({ done }) => done))
  }

  #takeWork(): void {
    const { store, clock, concurrency = 1 } = this.options
    if (this.#closing || this.#inHand.size >= concurrency) return
    const nowMs = clock.monotonicMs()
    for (const id of store.pending()) {
      if (this.#inHand.size >= concurrency) return
      if (this.#inHand.has(id) || (this.#held.get(id)?.untilMs ?? 0) > nowMs) continue
      this.#inHand.set(id, { sinceMs: nowMs, done: this.#step(id) })
    }
  }

  async #step(id: StudyId): Promise<void> {
    try {
      const study = await this.options.store.read(id)
      const step = nextStep(study, { readerAvailable: this.options.reader.status().alive })
      if (!step) {
        await this.options.store.relist(study)
        return this.#leave(id, false)
      }
      if (await perform(this.#parts, study, step) === 'postponed') this.#hold(id)
      else this.#held.delete(id)
      this.#leave(id, true)
    } catch (error) {
      this.#parts.log.stepFailed(id, error, this.#hold(id))
      this.#leave(id, true)
    }
  }

  #leave(id: StudyId, lookAgain: boolean): void {
    this.#inHand.delete(id)
    if (lookAgain) this.wake()
  }

  /** Puts the study aside for a while that grows with its failures in a row; it never blocks the others. */
  #hold(id: StudyId): number {
    const { clock, backoff = { baseMs: 1000, maxMs: 5 * 60_000 } } = this.options
    const failures = (this.#held.get(id)?.failures ?? 0) + 1
    const waitMs = backoffMs(failures, Math.random, backoff)
    this.#held.set(id, { failures, untilMs: clock.monotonicMs() + waitMs })
    setTimeout(() => {
      // A timer may come a little early by the clock: the wait is over all the same.
      if (this.#held.get(id)?.failures === failures) this.#held.set(id, { failures, untilMs: -Infinity })
      this.wake()
    }, waitMs).unref()
    return waitMs
  }
}

/** Moves every pending study on, oldest first, until closed. Nothing is queued in memory: what to do is computed from the documents. */
export function startRunner(options: RunnerOptions): Runner {
  return new PipelineRunner(options)
}
