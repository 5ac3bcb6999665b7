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

/** Results of urgent studies that waited when a window opened and did not leave before every routine one of that window. */
export function overtaken(waiting: readonly Taken[], after: ReadonlyMap<StudyId, readonly Delivery[]>): number {
  const resultOf = (id: StudyId): Delivery | undefined => after.get(id)?.find(({ kind }) => kind === 'sr')
  const acceptedAt = (id: StudyId): string | undefined => { const result = resultOf(id); return result && isHeld(result) ? result.at : undefined }
  const routine = waiting.filter(({ level }) => level === 'routine').flatMap(({ id }) => acceptedAt(id) ?? [])
  const first = routine.sort()[0]
  return first === undefined ? 0 : waiting.filter(({ id, level }) => level === 'urgent' && (resultOf(id)?.attempts ?? 0) === 0 && (acceptedAt(id) ?? '9') > first).length
}

/** Studies of which something has not been accepted. */
export const waitingOf = (taken: readonly Taken[], deliveries: ReadonlyMap<StudyId, readonly Delivery[]>): Taken[] =>
  taken.filter(({ id }) => !(deliveries.get(id) ?? []).some((one) => one.kind === 'sr' && isHeld(one)))
