import type { Delivery } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'
import type { Study } from '../domain/study.js'
import type { StudyStore } from '../store/study-store.js'
import type { Board } from './board.js'

/** Nothing is different, so nothing is written. */
class Unchanged extends Error {}

/** Changes a study's document and the board after it; undefined when `next` says that nothing is different. */
export async function changeStudy(parts: { readonly store: StudyStore; readonly board: Board }, id: StudyId, event: string, next: (study: Study) => Study | undefined): Promise<Study | undefined> {
  try {
    const study = await parts.store.change(id, { by: 'uplink', event, quiet: true }, (now) => {
      const changed = next(now)
      if (!changed) throw new Unchanged()
      return changed
    })
    parts.board.put(study)
    return study
  } catch (error) {
    if (error instanceof Unchanged) return undefined
    throw error
  }
}

/** The study with some deliveries changed, or undefined when each stayed as it was. */
export function withDeliveries(study: Study, change: (delivery: Delivery) => Delivery): Study | undefined {
  const before = study.deliveries ?? []
  const after = before.map(change)
  return after.every((delivery, index) => delivery === before[index]) ? undefined : { ...study, deliveries: after }
}
