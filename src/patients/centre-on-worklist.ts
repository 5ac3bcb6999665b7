import { PATIENT_ID_PATTERN } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import { matchesWorklist } from '../domain/worklist.js'
import type { PatientRegistry } from './patients.js'

type Registry = Pick<PatientRegistry, 'find' | 'findByIdentifier'>

/**
 * An entry of the centre as devices see it: under our own number and name where the centre's number is a registered person's, so that the image comes
 * back to them; else as the centre wrote it. Never matched by name; nor where sex or birth date say that the number is somebody else's.
 */
export function centreItem(item: WorklistItem, patients: Registry): WorklistItem {
  const number = item.patientId
  const patient = PATIENT_ID_PATTERN.test(number) ? patients.find(number) : patients.findByIdentifier(number)
  const current = patient && patients.find(patient.id)
  if (!current || contradicts(item, current)) return item
  const { id, name, sex = item.sex, birthDate = item.birthDate } = current
  return { ...item, patientId: id, patientName: name, ...(sex ? { sex } : {}), ...(birthDate ? { birthDate } : {}) }
}

const contradicts = (item: WorklistItem, { sex, birthDate }: Patient): boolean =>
  (item.birthDate !== undefined && birthDate !== undefined && item.birthDate !== birthDate) || (/^[FM]{2}$/.test(`${item.sex ?? ''}${sex ?? ''}`) && item.sex !== sex)

/** Both lists as one answer to a query. A line of ours gives way to the centre's for the same person and procedure: the centre's knows its order. */
export function withCentre(own: readonly WorklistItem[], centre: readonly WorklistItem[], { query, sameProcedure }: {
  readonly query: WorklistQuery; sameProcedure(a: string, b: string): boolean
}): WorklistItem[] {
  const ordered = centre.filter((item) => matchesWorklist(item, query))
  const isOrdered = (item: WorklistItem): boolean => ordered.some(({ patientId, modality }) => patientId === item.patientId &&
    (modality === undefined || item.modality === undefined || sameProcedure(modality, item.modality)))
  return [...own.filter((item) => matchesWorklist(item, query) && !isOrdered(item)), ...ordered]
}
