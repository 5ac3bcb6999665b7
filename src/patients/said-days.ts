import type { EyeExcuses, Patient, SaidOn } from '../domain/patient.js'
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
  const [age, pregnancy, eyeExcuses] = [dated(patient.age, timeOf), dated(patient.pregnancy, timeOf), datedExcuses(patient.eyeExcuses, timeOf)]
  if (age === patient.age && pregnancy === patient.pregnancy && eyeExcuses === patient.eyeExcuses) return patient
  return { ...patient, ...(age ? { age } : {}), ...(pregnancy ? { pregnancy } : {}), ...(eyeExcuses ? { eyeExcuses } : {}) }
}

/** An excuse holds for the round of photos in which it was given, whose times are put right too. */
function datedExcuses(excuses: EyeExcuses | undefined, timeOf: TimeOf): EyeExcuses | undefined {
  return (['R', 'L'] as const).reduce((said, side) => {
    const { clock, ...given } = said?.[side] ?? {}
    const time = clock && timeOf(clock)
    return said && time ? { ...said, [side]: { ...given, at: time.toISOString() } } : said
  }, excuses)
}

function dated<T extends SaidOn>(said: T | undefined, timeOf: TimeOf): T | Omit<T, 'clock'> | undefined {
  const time = said?.clock && timeOf(said.clock)
  if (!said || !time) return said
  const { clock: _told, ...rest } = said
  return { ...rest, onDate: time.toISOString().slice(0, 10) }
}
