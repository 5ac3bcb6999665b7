import type { Problem } from '../domain/problem.js'
import type { Log } from '../platform/log.js'

/** What the relay reports, with stable ids: clinics, counts and codes, never a patient nor a UID that leads to one. */
export const relayLog = (log: Log) => ({
  listening: (fields: { url: string; pacs: string; dicomPort?: number }) => log.info('relay-listening', fields),
  received: (clinic: string, fields: { bytes: number; known: boolean }) => log.info('relay-received', { clinic, ...fields }),
  refusedUpload: (clinic: string, code: string) => log.warn('relay-refused-upload', { clinic, code }),
  stranger: (reason: string) => log.warn('relay-refused-stranger', { reason }),
  handed: (fields: { objects: number; accepted: number; bytes: number }) => log.info('relay-handed', fields),
  committed: (fields: { committed: number; missing: number }) => log.info('relay-committed', fields),
  pacsLost: (problem: Problem) => log.warn('relay-pacs-lost', { code: problem.code }),
  pacsBack: () => log.info('relay-pacs-back', {}),
  handedOn: (problem: Problem | undefined) => (problem ? log.warn('relay-heartbeats-lost', { code: problem.code }) : log.info('relay-heartbeats', {})),
  imported: (fields: { objects: number; damaged: number }) => log.info('relay-imported', fields),
  failed: (what: string, error: unknown) => log.error('relay-step-failed', { what, reason: error instanceof Error ? error.name : 'unknown' })
})
export type RelayLog = ReturnType<typeof relayLog>
