import { waitMs } from '../platform/backoff.js'
import type { Log } from '../platform/log.js'
import type { DigitizerFaults } from './digitizer/simulator.js'

/** What a simulator is told; which of it a kind needs it says itself. */
export type SimulatorOptions = {
  /** `AET@HOST:PORT` of a DICOM receiver. */
  readonly to?: string
  /** The appliance's page, and a token of an operator. */
  readonly url?: string
  readonly token?: string
  /** A folder that the device of the site file names. */
  readonly folder?: string
  /** A file to be written, or a link to a pseudo-terminal. */
  readonly out?: string
  readonly port?: string
  readonly text?: string
  /** Accidents of the digitizer's line. */
  readonly faults?: DigitizerFaults
  readonly seed: number
  readonly everyMs: number
  /** How many, then it ends; 0: until the signal. */
  readonly count: number
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly log: Log
  say(line: string): void
}

/** A device without hardware. */
export type SimulatorKind = {
  readonly kind: string
  /** What it does, for the help. */
  readonly does: string
  readonly needs: readonly (keyof SimulatorOptions)[]
  /** Resolves when it has sent `count`, or the signal aborts. @throws when what it talks to refuses */
  run(options: SimulatorOptions): Promise<void>
}

/** Does it `count` times, or for ever, with a pause between. */
export async function again({ count, everyMs, signal }: SimulatorOptions, task: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; (count === 0 || index < count) && !signal.aborted; index += 1) {
    if (index > 0) await waitMs(everyMs, signal)
    if (!signal.aborted) await task(index)
  }
}
