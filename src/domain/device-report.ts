import type { Problem } from './problem.js'

/** What the test of a device found, for whoever pressed "test this device". */
export type ProbeReport = {
  readonly ok: boolean
  /** What was seen, a sentence each: `AE title SCREENPOST answers on port 11112.` No patient's data. */
  readonly sentences: readonly string[]
  /** Present when not ok: what to do next. */
  readonly problem?: Problem
}

export const probeOk = (...sentences: string[]): ProbeReport => ({ ok: true, sentences })
export const probeFailed = (problem: Problem, ...sentences: string[]): ProbeReport => ({ ok: false, sentences, problem })

/** Something that a person at the page has an open device do (`capture`, `freeze`, `import`, `eject`...). */
export type DeviceCommand = {
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
  /** Login id. */
  readonly by: string
}

/**
 * What an open device tells the tablets at once, beside its arrivals. scanned: a barcode was read. trigger: the footswitch
 * was pressed. session: what `DeviceLink.session` gives has changed, the page asks for it again.
 */
export type DeviceEvent = { readonly type: 'scanned'; readonly text: string } | { readonly type: 'trigger' } | { readonly type: 'session' }
