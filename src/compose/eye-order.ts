import type { PatientRegistry } from '../patients/patients.js'
import { levelsShown } from '../programmes/eyes.js'
import type { StudyStore } from '../store/study-store.js'

/** Lists rank a photo of an eye by what both eyes of its person say, as its badge does; an excuse for an eye counts at once. */
export function orderByEyes({ store, patients }: { readonly store: StudyStore; readonly patients: PatientRegistry }): void {
  store.ranking.showAt((ofPerson) => levelsShown(ofPerson, ofPerson[0]?.patientId === undefined ? {} : patients.find(ofPerson[0].patientId)?.eyeExcuses))
  patients.subscribe((id) => store.ranking.showAgain(id))
}
