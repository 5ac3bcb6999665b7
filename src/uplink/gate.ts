import type { IsoTime } from '../domain/ids.js'
import type { Destination } from './destination.js'
import type { Outstanding } from './next-delivery.js'
import { laneOf } from './next-delivery.js'

type Policy = Destination['policy']

/** How it is now, for the terms of a site. */
export type Moment = { readonly minuteOfDay: number; readonly metered: boolean; readonly bytesToday: number; readonly nowMs: number }

const URGENT: ReadonlySet<string> = new Set(['immediate', 'urgent'])

/**
 * Whether an object may leave now. The result of an urgent study always may: it is small, and somebody waits for it. A received object never does
 * while a person is asked which eye it is: it would say the device's as if that were sure.
 */
export function mayLeave(policy: Policy, { level, delivery, namelessSince, isEyeAsked }: Pick<Outstanding, 'level' | 'delivery' | 'namelessSince' | 'isEyeAsked'>, moment: Moment): boolean {
  if (isEyeAsked) return false
  if (laneOf(delivery) === 'results' && URGENT.has(level)) return true
  if (waitsForName(policy, namelessSince, moment)) return false
  return isOpen(policy, moment.minuteOfDay) && !(policy.onlyUnmetered && moment.metered) && moment.bytesToday < (policy.bytesPerDay ?? Infinity)
}

const isOpen = ({ hours }: Policy, minute: number): boolean =>
  hours === undefined || hours.some(({ from, to }) => (from <= to ? minute >= from && minute < to : minute >= from || minute < to))

const HOUR_MS = 3_600_000

/** Whether a person is waited for who says whose it is: sent before that, the archive would have it twice, once under nobody. */
function waitsForName({ holdUnattachedHours = 0 }: Policy, since: IsoTime | undefined, { nowMs }: Pick<Moment, 'nowMs'>): boolean {
  return since !== undefined && nowMs < Date.parse(since) + holdUnattachedHours * HOUR_MS
}

/** Why most of what is outstanding waits, when it does. */
export function waitingFor(policy: Policy, moment: Moment): 'hours' | 'metered' | 'bytes' | undefined {
  if (!isOpen(policy, moment.minuteOfDay)) return 'hours'
  if (policy.onlyUnmetered && moment.metered) return 'metered'
  return moment.bytesToday >= (policy.bytesPerDay ?? Infinity) ? 'bytes' : undefined
}
