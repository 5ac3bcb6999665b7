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

/** Studies of which something has not been accepted. */
export const waitingOf = (taken: readonly Taken[], deliveries: ReadonlyMap<StudyId, readonly Delivery[]>): Taken[] =>
  taken.filter(({ id }) => !(deliveries.get(id) ?? []).some((one) => one.kind === 'sr' && isHeld(one)))
