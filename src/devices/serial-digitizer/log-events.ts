import type { Log } from '../../platform/log.js'
import type { Identity } from './messages.js'

export const digitizerIdentified = (log: Log, { model, serial, firmware }: Identity): void => log.info('digitizer-identified', { model, serial, firmware })
export const scanBegun = (log: Log, fields: { scan: string; width: number; height: number; bits: number }): void => log.info('digitizer-scan-begun', fields)
export const scanResumed = (log: Log, fields: { scan: string; lines: number }): void => log.info('digitizer-scan-resumed', fields)
/** `noiseBytes` and `badFrames`: of this connection so far; a bad cable shows here first. */
export const scanDelivered = (log: Log, fields: { scan: string; lines: number; outcome: string; noiseBytes: number; badFrames: number }): void =>
  log.info('digitizer-scan-delivered', fields)
export const digitizerReported = (log: Log, code: string): void => log.warn('digitizer-problem', { code })
export const linkFailed = (log: Log, reason: string): void => log.error('digitizer-link-failed', { reason })
