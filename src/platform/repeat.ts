import { waitMs } from './backoff.js'

/** Runs `look` every `everyMs` milliseconds, the first time after one wait and never twice at once, until disposed, which waits for the run in hand. */
export function startRepeating(everyMs: number, look: () => Promise<void>): AsyncDisposable {
  const stop = new AbortController()
  const running = repeat(everyMs, look, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    }
  }
}

async function repeat(everyMs: number, look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await waitMs(everyMs, signal)
    if (!signal.aborted) await look()
  }
}
