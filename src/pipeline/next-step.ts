import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'

/** What to do for a study now. `read`: begin (or begin again) a reading. `give-up`: it ended the reader too often. */
export type Step = { readonly kind: 'read'; readonly attempt: number } | { readonly kind: 'give-up'; readonly problem: Problem }

export type Policy = { readonly readerAvailable: boolean }

/** Readings begun and not finished after which a study is set aside: one may have been a power cut, two are the image. */
export const MOST_ATTEMPTS = 2

/**
 * The next step of a study that nobody works on, from its document alone: after a crash it is computed again, never resumed.
 * Undefined when it waits for a person, for the reader, or for nothing more.
 */
export function nextStep(study: Pick<Study, 'state' | 'attempts' | 'failure'>, policy: Policy): Step | undefined {
  if (study.state !== 'received' && study.state !== 'analysing') return undefined
  if (study.attempts >= MOST_ATTEMPTS) return { kind: 'give-up', problem: study.failure ?? interrupted(study.attempts) }
  return policy.readerAvailable ? { kind: 'read', attempt: study.attempts + 1 } : undefined
}

const interrupted = (attempts: number): Problem => problem('reading-interrupted',
  `Reading was begun ${attempts} times and never finished. Press "read again"; if it fails again, send the image in another format.`)
