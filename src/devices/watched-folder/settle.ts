import type { SeenFile } from './scan.js'

/** later: nothing was taken, try again. gone: it vanished or changed meanwhile. stuck: it is safe in the store but can't be removed. */
export type TakeOutcome = 'taken' | 'later' | 'gone' | 'stuck'

/** An empty file is often the first moment of a copy; this many settle times pass before it counts. */
const EMPTY_FACTOR = 5
const RETRY_FIRST_MS = 2000
const RETRY_MAX_MS = 60_000

type Watched = { readonly begin: Begin; identity: string; size: number; signature: string; sinceMs: number; notBeforeMs: number; failures: number; stuck: boolean }

/** What was noted of a file when it was first seen. */
export type Begin = { readonly visitId?: string | null; readonly take?: string }

/** Remembers since when each file has stood still. Pure: times are arguments, monotonic milliseconds. */
export class Settling {
  #watched = new Map<string, Watched>()
  constructor(readonly settleMs: number) {}

  /** Of the files of one scan, those that count now, in the order given. `begin` is noted of those that were not there before. */
  settled(files: readonly SeenFile[], nowMs: number, begin: Begin = {}): SeenFile[] {
    const next = new Map<string, Watched>()
    for (const file of files) {
      const key = keyOf(file)
      const before = this.#watched.get(key)
      const same = before?.signature === file.signature
      next.set(key, same ? before : { ...seenAs(file), begin: continues(before, file) ? before.begin : begin, sinceMs: nowMs, notBeforeMs: 0, failures: 0, stuck: false })
    }
    this.#watched = next
    return files.filter((file) => this.#counts(file, nowMs))
  }

  /** What was noted when the file was first seen. */
  beginOf(file: SeenFile): Begin { return this.#watched.get(keyOf(file))?.begin ?? { visitId: null } }

  /** What became of a file that counted. */
  note(file: SeenFile, outcome: TakeOutcome, nowMs: number): void {
    const watched = this.#watched.get(keyOf(file))
    if (!watched) return
    if (outcome === 'taken' || outcome === 'gone') this.#watched.delete(keyOf(file))
    else if (outcome === 'stuck') watched.stuck = true
    else {
      watched.notBeforeMs = nowMs + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** watched.failures)
      watched.failures += 1
    }
  }

  #counts(file: SeenFile, nowMs: number): boolean {
    const watched = this.#watched.get(keyOf(file))
    if (!watched || watched.stuck || nowMs < watched.notBeforeMs) return false
    return nowMs - watched.sinceMs >= this.settleMs * (file.size === 0 ? EMPTY_FACTOR : 1)
  }
}

const seenAs = ({ identity, size, signature }: SeenFile) => ({ identity, size, signature })

/** Still the file whose first bytes were seen: one that was put in its place, or cut and written anew, is another picture. */
const continues = (before: Watched | undefined, { identity, size }: SeenFile): before is Watched => before?.identity === identity && size >= before.size

const keyOf = (file: SeenFile): string => file.path.toString('latin1')
