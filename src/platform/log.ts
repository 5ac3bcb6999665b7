import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

/** Event ids are stable and kebab-case; fields never hold a patient's name or number. */
export type Log = {
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
  child(fields: Record<string, unknown>): Log
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** JSON lines: `{"level":"info","time":"...","event":"study-received",...}`. */
export function createLog(options: { level: LogLevel; destination: DestinationStream }): Log {
  return wrap(pino({
    level: options.level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) }
  }, options.destination))
}

function wrap(logger: Logger): Log {
  return {
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
    child: (fields) => wrap(logger.child(fields))
  }
}

const nothing = (): void => undefined
export const silentLog: Log = { info: nothing, warn: nothing, error: nothing, child: () => silentLog }
