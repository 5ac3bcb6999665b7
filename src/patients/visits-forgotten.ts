import type { Visit } from '../domain/visit.js'
import { progressOf } from '../domain/visit.js'

const NURSE_MS = 12 * 3_600_000
const DEVICE_MS = 30 * 60_000

/** Nobody touched it for half a day; a visit that a device began and ended, for half an hour. */
export function isForgotten(visit: Visit, nowMs: number): boolean {
  const touched = [visit.openedAt, ...visit.claims.map(({ usedAt }) => usedAt), ...visit.steps.map(({ changedAt }) => changedAt)]
  const idleMs = nowMs - Math.max(...touched.map((at) => Date.parse(at)))
  return idleMs > (visit.openedBy.startsWith('device:') && progressOf(visit) !== 'in-progress' ? DEVICE_MS : NURSE_MS)
}
