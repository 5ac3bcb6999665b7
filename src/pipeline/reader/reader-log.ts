import type { Log } from '../../platform/log.js'

/** Log events of the reader; never a path, because a folder may be named after a person. */
export const readerLog = (log: Log) => ({
  started: (pid: number | undefined) => log.info('reader-started', { pid }),
  ended: (fields: { code: number | null; signal: string | null; reason?: string; restartInMs: number }) => log.warn('reader-ended', fields),
  packOut: (pack: { id: string; version: string; problem?: { code: string; message: string } }) =>
    log.warn('pack-out-of-service', { pack: pack.id, version: pack.version, code: pack.problem?.code, why: pack.problem?.message }),
  overran: (timeoutMs: number) => log.warn('reader-timeout', { timeoutMs }),
  tooLarge: (residentMb: number, limitMb: number) => log.warn('reader-memory', { residentMb, limitMb })
})
