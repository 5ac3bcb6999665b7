import type { ArrivalSource } from '../domain/arrival.js'
import type { StudyId } from '../domain/ids.js'
import type { Study } from '../domain/study.js'
import type { Log } from '../platform/log.js'

const from = ({ kind, deviceId }: ArrivalSource): Record<string, unknown> => ({ source: kind, deviceId })

/** `tookMs`: from the closed spool file to durable. */
export const logReceived = (log: Log, study: Study, tookMs: number): void =>
  log.info('study-received', { studyId: study.id, bytes: study.object.bytes, content: study.object.content, tookMs: Math.round(tookMs), ...from(study.source) })

export const logDuplicate = (log: Log, studyId: StudyId, source: ArrivalSource): void =>
  log.info('study-duplicate', { studyId, ...from(source) })

export const logQuarantined = (log: Log, entry: { id: string; problem: { code: string } }, source: ArrivalSource): void =>
  log.warn('file-quarantined', { quarantineId: entry.id, code: entry.problem.code, ...from(source) })

export const logSameUid = (log: Log, studyId: StudyId, others: readonly StudyId[]): void =>
  log.warn('same-uid-other-content', { studyId, others })

export const logObjectLost = (log: Log, studyId: StudyId, restored: boolean): void =>
  log.error('stored-object-damaged', { studyId, hint: restored ? 'the object came again and took its place' : 'the object came again and is kept as a new study' })

/** `code` only: messages of the file system hold paths, and paths hold names of files. */
export const logNotTaken = (log: Log, code: string, source: ArrivalSource): void =>
  log.error('arrival-not-taken', { code, ...from(source) })
