import type { Patient } from '../domain/patient.js'
import type { Prior } from '../domain/prior.js'
import type { Study, StudySummary } from '../domain/study.js'
import { lateralityOf } from '../domain/study.js'
import type { PriorDoor } from './dependencies.js'
import { previousOf } from './views/study/image.js'

/** The newest image of the same kind and side that the centre has from before this one; none where the one before it here is newer. */
export async function priorOf(door: PriorDoor | undefined, patient: Patient, model: { readonly study: Study; readonly others: readonly StudySummary[] }): Promise<Prior | undefined> {
  const { study } = model
  if (!door || !study.modality) return undefined
  const since = previousOf(model)?.receivedAt.slice(0, 10) ?? ''
  const side = lateralityOf(study)
  const isLike = (one: Prior): boolean => one.modality === study.modality && (study.modality !== 'fundus' || (side !== undefined && one.laterality === side))
  return (await door.of(patient)).find((one) => isLike(one) && one.takenOn > since && (study.timeUncertain || one.takenOn <= study.receivedAt.slice(0, 10)))
}
