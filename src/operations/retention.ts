import type { Study } from '../domain/study.js'
import { waitMs } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'
import { evictObject, removeBytes } from '../store/evict-object.js'
import type { StudyStore } from '../store/study-store.js'
import type { RetentionPolicy } from './retention-policy.js'
import { mayEvict } from './retention-policy.js'

export type RetentionOptions = {
  readonly store: StudyStore
  readonly policy: RetentionPolicy & { readonly onlyBelowBytes?: number }
  readonly clock: Clock
  readonly log: Log
  /** Nothing is old by a clock that nobody set. */
  readonly clockTrusted: () => boolean
  readonly freeBytes: () => Promise<number>
  /** Whether what an archive promised of its image may be said of another study's. */
  readonly isPromiseShared: (study: Study) => Promise<boolean>
  readonly everyMs?: number
}

const [LEAST_EVERY_MS, MOST_EVERY_MS] = [1_000, 3_600_000]
const DAY_MS = 24 * 3_600_000

/** Looks every hour for images that may leave this disk, oldest first; see `mayEvict` for which. */
export function startRetention(options: RetentionOptions): AsyncDisposable {
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    await removeLeftOvers(options.store, stop.signal).catch((error: unknown) => options.log.warn('retention-failed', { reason: reasonOf(error) }))
    while (!stop.signal.aborted) {
      await evictExpired(options, stop.signal).catch((error: unknown) => options.log.warn('retention-failed', { reason: reasonOf(error) }))
      await waitMs(options.everyMs ?? Math.min(MOST_EVERY_MS, Math.max(LEAST_EVERY_MS, (options.policy.days * DAY_MS) / 100)), stop.signal)
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    }
  }
}

/** One pass; the number of images that left. */
export async function evictExpired(options: RetentionOptions, signal: AbortSignal): Promise<number> {
  const { store, policy, clock, log, clockTrusted } = options
  if (!clockTrusted()) return 0
  let evicted = 0
  const now = clock.now()
  for (const { id, receivedAt, evicted: gone, state } of store.summaries()) {
    if (signal.aborted || (await hasRoom(options))) break
    if (gone || state === 'received' || state === 'analysing' || now.getTime() - Date.parse(receivedAt) < policy.days * DAY_MS) continue
    const study = await store.read(id).catch(() => undefined)
    if (!study || !mayEvict(study, policy, now) || (await options.isPromiseShared(study))) continue
    if (await evictObject(store, id, { at: now.toISOString(), archives: policy.archives, mayGo: (latest) => mayEvict(latest, policy, now) })) evicted += 1
  }
  if (evicted > 0) log.info('retention-evicted', { images: evicted })
  return evicted
}

const hasRoom = async ({ policy, freeBytes }: RetentionOptions): Promise<boolean> =>
  policy.onlyBelowBytes !== undefined && (await freeBytes()) >= policy.onlyBelowBytes

/** A power cut may have come between the document and the bytes. */
async function removeLeftOvers(store: StudyStore, signal: AbortSignal): Promise<void> {
  for (const { id } of store.summaries().filter(({ evicted }) => evicted)) {
    if (signal.aborted) return
    const study = await store.read(id).catch(() => undefined)
    if (study) await removeBytes(store, study)
  }
}
