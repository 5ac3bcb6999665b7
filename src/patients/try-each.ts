import { DamagedError, NotFoundError } from '../domain/errors.js'

/** What the task failed by, after all were tried: one study that fails stops no other. Not of a damaged one, which its repair puts right. */
export async function tryEach<T>(each: readonly T[], task: (one: T) => Promise<void>): Promise<unknown[]> {
  const failed: unknown[] = []
  for (const one of each) await task(one).catch((error: unknown) => { if (!(error instanceof DamagedError || error instanceof NotFoundError)) failed.push(error) })
  return failed
}
