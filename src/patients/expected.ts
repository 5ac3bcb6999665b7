import type { Patient } from '../domain/patient.js'
import type { WorklistItem } from '../domain/worklist.js'
import { centreItem } from './centre-on-worklist.js'
import type { PatientInput, PatientRegistry } from './patients.js'
import { dayOf } from './todays-worklist.js'

/** Somebody whom the centre sends today: as the centre wrote it, and their record here where there is one. */
export type Expected = { readonly item: WorklistItem; readonly what: readonly string[]; readonly patient?: Patient }

/** One line a person, by the time of their first order. */
export function expectedToday(centre: readonly WorklistItem[], patients: Pick<PatientRegistry, 'find' | 'findByIdentifier'>, now: Date): Expected[] {
  const today = centre.filter(({ date }) => date === dayOf(now)).toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
  const people = new Map<string, { item: WorklistItem; what: Set<string>; patient?: Patient }>()
  for (const item of today) {
    const patient = patients.find(centreItem(item, patients).patientId)
    const known = people.get(patient?.id ?? item.patientId) ?? { item, what: new Set<string>(), ...(patient ? { patient } : {}) }
    if (item.description) known.what.add(item.description)
    people.set(patient?.id ?? item.patientId, known)
  }
  return [...people.values()].map((each) => ({ ...each, what: [...each.what] }))
}

/** What the centre knows, for a new record: its number becomes the person's, so that its next order finds them. */
export const inputOf = ({ patientId, patientName, sex, birthDate }: WorklistItem): PatientInput =>
  ({ name: patientName, identifier: patientId, ...(sex ? { sex } : {}), ...(birthDate ? { birthDate } : {}) })
