import type { Clock } from '../platform/clock.js'

type Parts = {
  readonly runner: { isAlive(): boolean }
  readonly reader: { status(): { readonly alive: boolean } }
  readonly diskAnswers: () => Promise<boolean>
  readonly clock: Clock
  /** How long inference may be away. */
  readonly patienceMs?: number
}

/** Two starts of the reader that hang to their end (`startWithinMs`): on a slow machine one start takes minutes, and ending the page for it would begin all of it again. */
const PATIENCE_MS = 30 * 60_000

/** isHealthy: store, disk and inference answer now. isAlive: store and disk do, and inference did within its time; only then is systemd's watchdog fed. */
export function livenessOf({ runner, reader, diskAnswers, clock, patienceMs = PATIENCE_MS }: Parts): { readonly isHealthy: () => Promise<boolean>; readonly isAlive: () => Promise<boolean> } {
  let answeredMs = clock.monotonicMs()
  const keeps = async (): Promise<boolean> => runner.isAlive() && (await diskAnswers())
  return {
    isHealthy: async () => reader.status().alive && (await keeps()),
    async isAlive() {
      if (reader.status().alive) answeredMs = clock.monotonicMs()
      return clock.monotonicMs() - answeredMs < patienceMs && (await keeps())
    }
  }
}
