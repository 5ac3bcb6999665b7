import type { Patient, SaidOn } from '../domain/patient.js'
import type { BootTime } from '../domain/study.js'
import type { PatientRegistry } from './patients.js'
import { tryEach } from './try-each.js'

type TimeOf = (moment: BootTime) => Date | undefined

/** What was said while nobody knew the day, of which the day is known by now; the number of people of whom it could not be written. */
export async function correctSaidDays(patients: PatientRegistry, timeOf: TimeOf): Promise<number> {
  const uncertain = patients.all().filter((patient) => withDays(patient, timeOf) !== patient)
  const failed = await tryEach(uncertain, async ({ id }) => {
    await patients.change(id, { by: 'system', event: 'changed', detail: 'time-corrected' }, (patient) => withDays(patient, timeOf))
  })
  return failed.length
}

function withDays(patient: Patient, timeOf: TimeOf): Patient {
  const [age, pregnancy] = [dated(patient.age, timeOf), dated(patient.pregnancy, timeOf)]
  return age === patient.age && pregnancy === patient.pregnancy ? patient : { ...patient, ...(age ? { age } : {}), ...(pregnancy ? { pregnancy } : {}) }
}

function dated<T extends SaidOn>(said: T | undefined, timeOf: TimeOf): T | Omit<T, 'clock'> | undefined {
  const time = said?.clock && timeOf(said.clock)
  if (!said || !time) return said
  const { clock: _told, ...rest } = said
  return { ...rest, onDate: time.toISOString().slice(0, 10) }
}
