import type { Destination } from './destination.js'
import type { Outstanding } from './next-delivery.js'
import { laneOf } from './next-delivery.js'

type Policy = Destination['policy']

/** How it is now, for the terms of a site. */
export type Moment = { readonly minuteOfDay: number; readonly metered: boolean; readonly bytesToday: number }

const URGENT: ReadonlySet<string> = new Set(['immediate', 'urgent'])

/** Whether an object may leave now. The result of an urgent study always may: it is small, and somebody waits for it. */
export function mayLeave(policy: Policy, { level, delivery }: Pick<Outstanding, 'level' | 'delivery'>, moment: Moment): boolean {
  if (laneOf(delivery) === 'results' && URGENT.has(level)) return true
  return isOpen(policy, moment.minuteOfDay) && !(policy.onlyUnmetered && moment.metered) && moment.bytesToday < (policy.bytesPerDay ?? Infinity)
}

const isOpen = ({ hours }: Policy, minute: number): boolean =>
  hours === undefined || hours.some(({ from, to }) => (from <= to ? minute >= from && minute < to : minute >= from || minute < to))

/** Why most of what is outstanding waits, when it does. */
export function waitingFor(policy: Policy, moment: Moment): 'hours' | 'metered' | 'bytes' | undefined {
  if (!isOpen(policy, moment.minuteOfDay)) return 'hours'
  if (policy.onlyUnmetered && moment.metered) return 'metered'
  return moment.bytesToday >= (policy.bytesPerDay ?? Infinity) ? 'bytes' : undefined
}
