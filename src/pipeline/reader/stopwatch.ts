import type { StageTimings } from '../../domain/reading.js'

type Stage = Exclude<keyof StageTimings, 'total'>

/** Adds up the milliseconds of each stage of one reading; `inference` is time inside `session.run` alone. */
export class Stopwatch {
  readonly #started: number
  readonly #stages: Record<Stage, number> = { decode: 0, quality: 0, preprocess: 0, inference: 0 }
  /** `staged` is told whenever a stage, or one frame's share of it, is done. */
  constructor(private readonly nowMs: () => number, private readonly staged: () => void = () => undefined) { this.#started = nowMs() }

  measure<T>(stage: Stage, work: () => T): T {
    const from = this.nowMs()
    const done = (): void => {
      this.#stages[stage] += this.nowMs() - from
      this.staged()
    }
    const result = work()
    if (result instanceof Promise) return result.finally(done) as T
    done()
    return result
  }

  timings(): StageTimings {
    const round = (ms: number): number => Math.round(ms * 10) / 10
    const { decode, quality, preprocess, inference } = this.#stages
    return { decode: round(decode), quality: round(quality), preprocess: round(preprocess), inference: round(inference), total: round(this.nowMs() - this.#started) }
  }
}
