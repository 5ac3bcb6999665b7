export type BackoffLimits = { readonly baseMs: number; readonly maxMs: number }

/**
 * Full jitter (AWS architecture blog, "Exponential Backoff And Jitter"): uniform between 0 and min(max, base * 2^attempt).
 * @param attempt failures so far, from 0
 * @param random a number from [0, 1)
 * @returns milliseconds to wait, at least 1
 */
export function backoffMs(attempt: number, random: () => number, limits: BackoffLimits): number {
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(attempt, 30))
  return Math.max(1, Math.floor(random() * ceiling))
}

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export function waitMs(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}
