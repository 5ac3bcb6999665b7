import type { Patient } from '../domain/patient.js'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import { matchesWorklist } from '../domain/worklist.js'
import type { PatientRegistry } from './patients.js'

/** More than a clinic registers in a day; a device shows far fewer. */
const LONGEST = 500

/** The day in the computer's own time zone, yyyy-mm-dd. */
const dayOf = (time: Date): string =>
  [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0')).join('-')

const toItem = ({ id, name, sex, birthDate, registeredAt }: Patient): WorklistItem => {
  const registered = new Date(registeredAt)
  const time = [registered.getHours(), registered.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
  return { patientId: id, patientName: name, ...(sex ? { sex } : {}), ...(birthDate ? { birthDate } : {}), date: dayOf(registered), time }
}

/** People registered today who match what a device asks for, newest first. */
export function todaysWorklist(patients: Pick<PatientRegistry, 'search'>, now: Date, query: WorklistQuery): WorklistItem[] {
  return patients.search('', LONGEST).map(toItem).filter((item) => item.date === dayOf(now) && matchesWorklist(item, query))
}
