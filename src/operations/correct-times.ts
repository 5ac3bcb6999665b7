import type { Study } from '../domain/study.js'
import type { Log } from '../platform/log.js'
import type { StudyStore } from '../store/study-store.js'
import type { ClockKeeper } from './clock-keeper.js'

class Settled extends Error {}

/** Puts the time of receipt right in every study whose boot's true time is known by now, keeping what the clock had said. The number put right. */
export async function correctTimes(store: StudyStore, keeper: Pick<ClockKeeper, 'timeOf'>, log: Log): Promise<number> {
  let corrected = 0
  for (const { id, timeUncertain } of store.summaries()) {
    if (!timeUncertain) continue
    const done = await store.change(id, { by: 'system', event: 'time-corrected', quiet: true }, (now) => withTime(now, keeper)).then(() => true, (error: unknown) => {
      if (!(error instanceof Settled)) log.warn('time-not-corrected', { studyId: id, reason: error instanceof Error ? error.name : 'unknown' })
      return false
    })
    if (done) corrected += 1
  }
  if (corrected > 0) log.info('times-corrected', { studies: corrected })
  return corrected
}

function withTime(study: Study, keeper: Pick<ClockKeeper, 'timeOf'>): Study {
  const { arrivalClock, receivedAtOriginal, ...rest } = study
  const time = study.timeUncertain && arrivalClock ? keeper.timeOf(arrivalClock) : undefined
  if (!time) throw new Settled()
  const { length } = study.reports ?? []
  return { ...rest, receivedAt: time.toISOString(), receivedAtOriginal: receivedAtOriginal ?? study.receivedAt, ...(length > 0 ? { reportsBeforeTime: length } : {}), timeUncertain: false }
}
