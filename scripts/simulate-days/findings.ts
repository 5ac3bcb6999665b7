import type { Delivery } from '../../src/domain/delivery.js'
import { isHeld } from '../../src/domain/delivery.js'
import type { StudyId } from '../../src/domain/ids.js'
import type { StudyStore } from '../../src/store/study-store.js'
import type { Taken } from './clinic.js'

/** Every delivery of the studies taken, as their documents say. */
export async function deliveriesOf(store: StudyStore, taken: readonly Taken[]): Promise<Map<StudyId, readonly Delivery[]>> {
  const all = new Map<StudyId, readonly Delivery[]>()
  for (const { id } of taken) all.set(id, (await store.read(id)).deliveries ?? [])
  return all
}

/** Urgent studies that waited when a window opened and whose first answer came after a routine one's (history says when; a delivery says when it was committed). */
export async function overtaken(store: StudyStore, waiting: readonly Taken[]): Promise<number> {
  const answered = await Promise.all(waiting.map(async ({ id, level }) => ({ level, at: (await store.read(id)).history.find(({ event }) => event === 'delivery.pacs')?.at })))
  const first = answered.flatMap(({ level, at }) => (level === 'routine' && at !== undefined ? [at] : [])).sort()[0]
  return first === undefined ? 0 : answered.filter(({ level, at = '9' }) => level === 'urgent' && at > first).length
}

/** Studies of which something has not been accepted. */
export const waitingOf = (taken: readonly Taken[], deliveries: ReadonlyMap<StudyId, readonly Delivery[]>): Taken[] =>
  taken.filter(({ id }) => !(deliveries.get(id) ?? []).some((one) => one.kind === 'sr' && isHeld(one)))
