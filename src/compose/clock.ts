import { hasBatteryClock, isNetworkSynchronised } from '../operations/clock-evidence.js'
import { ClockKeeper } from '../operations/clock-keeper.js'
import { bootTime } from '../platform/boot-clock.js'
import type { CorrectedClock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'

/** Whether the time can be trusted, asked of the machine itself. */
export const openClockKeeper = async (folder: string, clock: CorrectedClock, log: Log): Promise<ClockKeeper> =>
  ClockKeeper.open({ folder, clock, log, boot: bootTime, isSynchronised: isNetworkSynchronised, hasBatteryClock: await hasBatteryClock() })
