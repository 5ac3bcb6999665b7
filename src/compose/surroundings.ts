import type { Config } from '../config/config.js'
import type { ClockKeeper } from '../operations/clock-keeper.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'

/** What the process brings: everything outside the configuration. */
export type Surroundings = {
  readonly log: Log
  readonly clock: Clock
  readonly packsFolder: string
  readonly staticFolder: string
  readonly version: string
  /** On a battery: milliseconds without an image after which the models leave the memory. */
  readonly quietMs?: number
  /** What the box's label says; absent without a box. It opens the first setup in place of a PIN drawn at each start. */
  readonly setupCode?: string
  /** The service runs on a box of its own: the site file in force, which the page may change. */
  readonly box?: { readonly siteFile: string }
  /** Generated pictures only: every page says so. */
  readonly demo?: boolean
}

/** What every stage of the composition is given. */
export type Setting = Surroundings & {
  readonly config: Config
  readonly startedAt: string
  /** A folder of the data folder, by its name. */
  folder(name: string): string
  clockTrusted(): boolean
  readonly clockKeeper: ClockKeeper
  /** Parts are disposed in the reverse order of being kept. */
  keep<T extends AsyncDisposable>(part: T): T
  onClose(close: () => PromiseLike<void>): void
}
