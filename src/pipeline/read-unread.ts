import type { StudyId } from '../domain/ids.js'
import { retryStudy } from '../domain/study-changes.js'
import type { Study, StudySummary } from '../domain/study.js'
import { lacksPack } from '../domain/study.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'
import type { StudyStore } from '../store/study-store.js'
import { unknownChoices } from '../triage/operating-point.js'
import type { PackState } from './reader/protocol.js'
import type { Reader } from './reader/reader.js'

export type UnreadParts = {
  readonly store: StudyStore
  readonly reader: Pick<Reader, 'status' | 'onStatus'>
  readonly clock: Clock
  readonly log: Log
  /** Of the site file. */
  readonly operatingPoints?: Readonly<Record<string, string>>
}

/** Of older ones nobody waits for a verdict: a kind of pack that is installed for the first time reads no archive. */
const WITHIN_MS = 30 * 24 * 3_600_000

/** It was put right in another way meanwhile, or is not there yet. */
class Settled extends Error {}

/**
 * Images that could not be read for want of a pack in service, or of an operating point that the site file named, are read again when that is there: the newest first,
 * and one at a time while nothing else waits, so that no image of today waits for them.
 */
export function readUnread({ store, reader, clock, log, operatingPoints = {} }: UnreadParts): { close(): Promise<void> } {
  let [waiting, looked]: [StudyId[], string] = [[], '']
  let running: Promise<void> | undefined
  const readAgain = async (id: StudyId): Promise<void> => {
    await store.change(id, { by: 'system', event: 'retry', detail: 'pack-in-service' }, (study) => {
      const again = isReadable(study, reader.status().packs, operatingPoints) ? retryStudy(study) : undefined
      if (!again?.ok) throw new Settled()
      return again.value
    }).catch((error: unknown) => { if (!(error instanceof Settled)) log.warn('study-not-read-again', { studyId: id, reason: reasonOf(error) }) })
  }
  const next = (): void => {
    if (running || waiting.length === 0 || store.pending().length > 0) return
    running = readAgain(waiting.pop()!).finally(() => { running = undefined; next() })
  }
  const look = (): void => {
    const serving = JSON.stringify(reader.status().packs.filter(({ inService }) => inService).map(({ id, version, points }) => [id, version, points]))
    if (serving !== looked) waiting = recentOf(store.summaries(), clock.now().getTime()).filter(isUnread).map(({ id }) => id)
    looked = serving
    next()
  }
  const stop = [store.subscribe(next), reader.onStatus(look)]
  look()
  return {
    async close() {
      for (const each of stop) each()
      waiting = []
      await running
    }
  }
}

/** Also by a clock that stands before them: the newest whose time is known says that it is later. */
function recentOf(all: readonly StudySummary[], clockMs: number): StudySummary[] {
  const newestMs = all.reduce((latest, { receivedAt, timeUncertain }) => (timeUncertain ? latest : Math.max(latest, Date.parse(receivedAt))), clockMs)
  return all.filter(({ receivedAt, timeUncertain }) => (timeUncertain ? clockMs : newestMs) - Date.parse(receivedAt) < WITHIN_MS)
}

const isUnread = ({ state, lacksPack: lacks, reviewed }: StudySummary): boolean => !reviewed && (state === 'failed' || lacks === true)

/** What was missing is there now. */
function isReadable(study: Study, packs: readonly PackState[], operatingPoints: Readonly<Record<string, string>>): boolean {
  const { answers, failure, reading, state } = study
  const serving = packs.filter(({ inService }) => inService)
  if (state === 'failed') return failure?.code === 'unknown-operating-point' && serving.length > 0 && !unknownChoices(operatingPoints, packs).some(({ message }) => message === failure.message)
  return lacksPack(study) && serving.some(({ id, modality }) => (answers.packId === undefined ? modality === reading?.modality : id === answers.packId))
}
