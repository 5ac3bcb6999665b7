import { DamagedError } from '../domain/errors.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Reading } from '../domain/reading.js'
import { bytesOf, type Study } from '../domain/study.js'
import { IN_ARCHIVE } from '../domain/study-changes.js'
import type { Clock } from '../platform/clock.js'
import type { StudyStore } from '../store/study-store.js'
import { decide } from '../triage/decide.js'
import type { Step } from './next-step.js'
import type { Reader, ReadRequest } from './reader/reader.js'
import { isTransient } from './reader/reader-problems.js'
import type { RunnerLog } from './runner-log.js'
import { beginReading, crashReading, failReading, finishReading, isPending, postponeReading } from './study-progress.js'

export type ExecutorParts = {
  readonly store: StudyStore
  readonly reader: Reader
  readonly clock: Clock
  readonly log: RunnerLog
  /** Operating point of each pack by the site's choice; the pack's default otherwise. */
  readonly operatingPoints?: Readonly<Record<string, string>>
  /** Age of a registered patient on that day (yyyy-mm-dd), for packs that have a least age. */
  readonly patientAgeYears?: (patientId: string, onDate: string) => number | undefined
  /** False while nobody can vouch for the clock; absent: always true. */
  readonly clockTrusted?: () => boolean
}

/** Somebody changed the study meanwhile, so that this result is not its any more; nothing is written. */
class Superseded extends Error {}

/** The study was given to somebody of another age, or their record was put right, while it was read. */
class OfAnotherAge extends Error {}

const unless = (superseded: boolean): void => { if (superseded) throw new Superseded() }

/**
 * Performs a step; idempotent, because each writes its outcome in one change and derived files are overwritten. Resolves to `postponed`
 * when the reader could not be asked and trying again at once would not help.
 */
export async function perform(parts: ExecutorParts, study: Study, step: Step): Promise<'done' | 'postponed'> {
  try {
    if (step.kind === 'read') return await readStudy(parts, study)
    await parts.store.change(study.id, { by: 'system', event: 'failed', detail: step.problem.code }, (now) => {
      unless(!isPending(now))
      return failReading(now, step.problem)
    })
    parts.log.gaveUp(study.id, step.problem)
  } catch (error) {
    if (!(error instanceof Superseded)) throw error
  }
  return 'done'
}

async function readStudy(parts: ExecutorParts, { id }: Study): Promise<'done' | 'postponed'> {
  const { store, reader, clock } = parts
  const begun = await store.change(id, { by: 'system', event: 'analysing' }, (now) => {
    unless(!isPending(now))
    return beginReading(now)
  })
  if (begun.evicted) return refuse(parts, begun, IN_ARCHIVE)
  const startedMs = clock.monotonicMs()
  const ageYears = ageOf(parts, begun)
  const result = await reader.read(requestOf(parts, begun, ageYears))
  if (!result.ok) return refuse(parts, begun, await damageOf(store, begun) ?? result.error)
  if (!await conclude(parts, begun, { reading: result.value, ageYears })) return 'done'
  parts.log.read(id, { elapsedMs: clock.monotonicMs() - startedMs, timingMs: result.value.timingMs, pack: result.value.pack?.id })
  return 'done'
}

/** Whether the disk is why it could not be read: the reader decodes no bytes but those received, the store has them put right. */
const damageOf = (store: StudyStore, study: Study): Promise<Problem | undefined> => store.verified(study).then(() => undefined, (error: unknown) => {
  if (!(error instanceof DamagedError)) throw error
  return problem('object-damaged', error.message)
})

/** A person's answer first, then the registered patient, then what the file says. */
function ageOf(parts: ExecutorParts, study: Study): number | undefined {
  const { answers, patientId, dicom } = study
  return answers.ageYears ?? (patientId === undefined ? undefined : parts.patientAgeYears?.(patientId, dayOf(parts, study).onDate)) ?? dicom?.patientAgeYears
}

/** Today; by a clock that nobody can vouch for the day of receipt, where that is known. */
function dayOf({ clock, clockTrusted = () => true }: ExecutorParts, { receivedAt, timeUncertain }: Study): { readonly onDate: string; readonly dayUncertain?: true } {
  const isKnown = clockTrusted()
  const onDate = (isKnown || timeUncertain ? clock.now().toISOString() : receivedAt).slice(0, 10)
  return { onDate, ...(isKnown || !timeUncertain ? {} : { dayUncertain: true }) }
}

function requestOf({ store, operatingPoints }: ExecutorParts, study: Study, ageYears: number | undefined): ReadRequest {
  const { packId } = study.answers
  const filmPhoto = study.source.kind === 'film-photo'
  return {
    path: store.objectPath(study), sha256: bytesOf(study.object).sha256, derivedFolder: store.derivedFolder(study.id), ...(filmPhoto ? { filmPhoto } : {}),
    ...(operatingPoints ? { operatingPoints } : {}), ...(packId === undefined ? {} : { packId }), ...(ageYears === undefined ? {} : { ageYears })
  }
}

type ReadForAge = { readonly reading: Reading; readonly ageYears: number | undefined }

/** False when the study turned out to be of somebody of another age meanwhile: it is read again. */
async function conclude(parts: ExecutorParts, begun: Study, { reading, ageYears }: ReadForAge): Promise<boolean> {
  const { store, reader } = parts
  const triage = decide(reading)
  const known = ageYears ?? reading.dicom?.patientAgeYears
  const asksAge = reader.status().packs.some(({ id, asksAge: asks }) => asks && id === reading.pack?.id)
  const detail = `${reading.pack ? `${reading.pack.id} ${reading.pack.version}, ` : ''}${triage.level}`
  try {
    await store.change(begun.id, { by: 'system', event: 'analysed', detail }, (now) => {
      unless(isOther(begun, now))
      if (ageOf(parts, now) !== ageYears) throw new OfAnotherAge()
      return finishReading(now, reading, { triage, askAge: asksAge && known === undefined && reading.quality.gradable, age: { ...(known === undefined ? {} : { years: known }), ...dayOf(parts, now) } })
    })
    return true
  } catch (error) {
    if (!(error instanceof OfAnotherAge)) throw error
    await store.change(begun.id, { by: 'system', event: 'postponed', detail: 'age-changed' }, (now) => {
      unless(isOther(begun, now))
      return postponeReading(now)
    })
    return false
  }
}

/** The reader's own trouble postpones; a crash counts against the study; anything else is what the file is like. */
async function refuse({ store, log }: ExecutorParts, begun: Study, problem: Problem): Promise<'done' | 'postponed'> {
  const crashed = problem.code === 'reader-crashed' || problem.code === 'reader-timeout'
  const event = crashed ? 'reader-crashed' : isTransient(problem) ? 'postponed' : 'failed'
  const next = crashed ? crashReading : isTransient(problem) ? postponeReading : failReading
  await store.change(begun.id, { by: 'system', event, detail: problem.code }, (now) => {
    unless(isOther(begun, now))
    return next(now, problem)
  })
  log.refused(begun.id, problem)
  return event === 'postponed' ? 'postponed' : 'done'
}

/** Whether the study is not the one whose reading began: answered again, or asked to be read again. */
const isOther = (begun: Study, now: Study): boolean =>
  now.state !== 'analysing' || now.attempts !== begun.attempts || JSON.stringify(now.answers) !== JSON.stringify(begun.answers)
