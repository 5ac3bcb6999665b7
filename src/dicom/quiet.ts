import { createRequire } from 'node:module'

type Logger = { setLevel?(level: string): void; disableAll?(): void; level?: string; levels?: Record<string, unknown> }
type Library = { log?: Logger; default?: { log?: Logger } }

const require = createRequire(import.meta.url)

/**
 * dcmjs logs the values of private elements and dcmjs-dimse logs whole commands to the console: patients' data
 * must not reach a log, so their loggers are turned off before anything is read.
 */
export function silenceDicomLibraries(): void {
  for (const name of ['dcmjs', 'dcmjs-dimse', 'dcmjs-codecs']) {
    const library = require(name) as Library
    for (const logger of [library.log, library.default?.log]) logger?.setLevel?.('silent')
  }
}
