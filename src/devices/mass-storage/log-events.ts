import type { Log } from '../../platform/log.js'

/** Media by the name of their mount, which is their file system's number; never a file's name. */
export const mediumCame = (log: Log, medium: string): void => log.info('medium-came', { medium })
export const mediumListed = (log: Log, fields: { medium: string; pictures: number; others: number; truncated: boolean; ms: number }): void => log.info('medium-listed', fields)
export const mediumWent = (log: Log, fields: { medium: string; importing: boolean }): void => log.info('medium-went', fields)
export const importBegun = (log: Log, fields: { medium: string; wanted: number; resumed: boolean }): void => log.info('import-begun', fields)
export const importEnded = (log: Log, fields: { medium: string; done: number; failures: number; quarantined: number }): void => log.info('import-ended', fields)
export const importPaused = (log: Log, fields: { medium: string; code: string }): void => log.warn('import-paused', fields)
export const importFailed = (log: Log, reason: string): void => log.error('import-failed', { reason })
