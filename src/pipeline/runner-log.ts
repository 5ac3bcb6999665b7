import type { StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { StageTimings } from '../domain/reading.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'

/** Log events of the pipeline; a study is named by its id, which says nothing of the patient. */
export const runnerLog = (log: Log) => ({
  read: (studyId: StudyId, fields: { elapsedMs: number; timingMs: StageTimings; pack: string | undefined }) => log.info('study-read', { studyId, ...fields }),
  refused: (studyId: StudyId, problem: Problem) => log.warn('study-not-read', { studyId, code: problem.code }),
  gaveUp: (studyId: StudyId, problem: Problem) => log.error('study-given-up', { studyId, code: problem.code }),
  stepFailed: (studyId: StudyId, error: unknown, waitMs: number) =>
    log.error('step-failed', { studyId, reason: reasonOf(error), waitMs })
})
export type RunnerLog = ReturnType<typeof runnerLog>
