import type { StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'

/** Log events of the uplink; addresses and ids, never what an object says. */
export const uplinkLog = (log: Log) => ({
  sent: (destination: string, fields: { objects: number; accepted: number; bytes: number; ms: number }) => log.info('uplink-sent', { destination, ...fields }),
  committed: (destination: string, fields: { committed: number; failed: number }) => log.info('uplink-committed', { destination, ...fields }),
  commitmentProblem: (destination: string, problem: Problem) => log.warn('uplink-commitment-problem', { destination, code: problem.code }),
  linkLost: (destination: string, problem: Problem) => log.warn('uplink-link-lost', { destination, code: problem.code }),
  linkBack: (destination: string) => log.info('uplink-link-back', { destination }),
  overread: (destination: string, studyId: StudyId) => log.info('uplink-overread', { destination, studyId }),
  overreadOfOther: (destination: string, studyId: StudyId) => log.warn('uplink-overread-of-other', { destination, studyId, next: 'A report in the same study of the archive names another patient or another image. It is left out; look at it there.' }),
  overreadProblem: (destination: string, problem: Problem) => log.warn('uplink-overread-problem', { destination, code: problem.code }),
  prior: (destination: string, bytes: number) => log.info('uplink-prior', { destination, bytes }),
  priorOfOther: (destination: string) => log.warn('uplink-prior-of-other', { destination, next: 'An image of the archive has a patient number of this clinic and another name or birth date. It is left out; look at it there.' }),
  priorProblem: (destination: string, problem: Problem) => log.warn('uplink-prior-problem', { destination, code: problem.code }),
  heartbeat: (destination: string, problem: Problem | undefined) => (problem ? log.warn('uplink-heartbeat-lost', { destination, code: problem.code }) : log.info('uplink-heartbeat', { destination })),
  failed: (what: string, error: unknown, studyId?: StudyId) =>
    log.error('uplink-step-failed', { what, studyId, reason: reasonOf(error) })
})
export type UplinkLog = ReturnType<typeof uplinkLog>
