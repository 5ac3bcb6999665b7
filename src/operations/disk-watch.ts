import type { Problem } from '../domain/problem.js'
import { freeBytes } from '../platform/disk-space.js'
import type { Log } from '../platform/log.js'
import { startRepeating } from '../platform/repeat.js'
import type { Ballast } from './ballast.js'
import type { DiskLevel, DiskMarks } from './disk-level.js'
import { diskLevel, diskProblem } from './disk-level.js'

export type DiskWatchOptions = { readonly folder: string; readonly marks: DiskMarks; readonly ballast: Ballast; readonly log: Log; readonly everyMs?: number }

export type DiskWatch = AsyncDisposable & {
  level(): DiskLevel
  /** What a person should do about the room, if anything. */
  problem(): Problem | undefined
  /** Called after each change of the level. */
  subscribe(listener: (level: DiskLevel) => void): () => void
}

const EVERY_MS = 5_000

/** Looks at the room every few seconds: gives the ballast up when others have eaten the reserve, and takes it again when there is room. */
export async function startDiskWatch(options: DiskWatchOptions): Promise<DiskWatch> {
  const watch = new Watch(options)
  await watch.look()
  watch.begin()
  return watch
}

class Watch implements DiskWatch {
  #level: DiskLevel = 'ample'
  readonly #listeners = new Set<(level: DiskLevel) => void>()
  #repeating: AsyncDisposable | undefined

  constructor(private readonly options: DiskWatchOptions) {}

  level(): DiskLevel { return this.#level }

  problem(): Problem | undefined { return diskProblem(this.#level) }

  subscribe(listener: (level: DiskLevel) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  begin(): void {
    this.#repeating = startRepeating(this.options.everyMs ?? EVERY_MS, () => this.look())
  }

  async look(): Promise<void> {
    const { folder, marks, ballast, log } = this.options
    const free = await freeBytes(folder).catch(() => undefined)
    if (free === undefined) return
    const level = diskLevel(free, marks)
    if (level === 'exhausted' && (await ballast.drop())) log.error('disk-ballast-given-up', { freeBytes: free })
    // Taking it again must not lead back to a warning.
    if (free > marks.warnBytes + ballast.bytes) await ballast.take().catch(() => undefined)
    if (level === this.#level) return
    log.warn('disk-level', { level, before: this.#level, freeBytes: free })
    this.#level = level
    for (const listener of this.#listeners) listener(level)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repeating?.[Symbol.asyncDispose]()
  }
}
