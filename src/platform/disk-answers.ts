import { rm } from 'node:fs/promises'
import type { Clock } from './clock.js'
import { temporaryBeside, writeNewFile } from './durable-fs.js'

/** A full disk answers too: it refuses images and serves the page, and starting again would mend nothing. */
const FULL = new Set(['ENOSPC', 'EDQUOT'])
/** Anybody may ask for `/healthz`: that must not wear the flash out. */
const ANSWER_HOLDS_MS = 2000

/**
 * A question for the watchdog: can a file still be written and made durable beside `path`? A disk that hangs gives no answer, and is not asked
 * again while it owes one: every question holds one of the few threads that the page needs too. An answer holds for two seconds.
 */
export function diskQuestion(path: string, clock: Clock): () => Promise<boolean> {
  let last: { readonly answer: Promise<boolean>; untilMs: number } | undefined
  return () => {
    if (last && clock.monotonicMs() < last.untilMs) return last.answer
    const asked = { answer: writes(path).finally(() => { asked.untilMs = clock.monotonicMs() + ANSWER_HOLDS_MS }), untilMs: Infinity }
    last = asked
    return asked.answer
  }
}

async function writes(path: string): Promise<boolean> {
  const probe = temporaryBeside(path)
  try {
    await writeNewFile(probe, '')
    await rm(probe)
    return true
  } catch (error) {
    return FULL.has((error as NodeJS.ErrnoException).code ?? '')
  }
}
