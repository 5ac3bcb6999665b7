import type { Visit } from '../domain/visit.js'
import { progressOf } from '../domain/visit.js'

const NURSE_MS = 12 * 3_600_000
const DEVICE_MS = 30 * 60_000

/** Nobody touched it for half a day; a visit that a device began and ended, for half an hour. `idleMs`: since it was last touched, by a clock that nobody sets, where that is known. */
export function isForgotten(visit: Visit, nowMs: number, idleMs: number = nowMs - lastTouchedMs(visit)): boolean {
  return idleMs > (visit.openedBy.startsWith('device:') && progressOf(visit) !== 'in-progress' ? DEVICE_MS : NURSE_MS)
}

function lastTouchedMs({ openedAt, claims, steps }: Visit): number {
  const touched = [openedAt, ...claims.map(({ usedAt }) => usedAt), ...steps.map(({ changedAt }) => changedAt)]
  return Math.max(...touched.map((at) => Date.parse(at)))
}
