import type { Modality } from '../domain/image-content.js'
import type { Patient } from '../domain/patient.js'
import type { Visit } from '../domain/visit.js'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import { centreItem, withCentre } from './centre-on-worklist.js'
import type { PatientRegistry } from './patients.js'
import type { Visits } from './visits.js'

/** More than a clinic registers in a day; a device shows far fewer. */
const LONGEST = 500

export type WorklistParts = {
  readonly patients: Pick<PatientRegistry, 'search' | 'find' | 'findByIdentifier'>
  readonly visits?: Pick<Visits, 'openVisits'>
  /** What the images of a programme are, by its id. */
  readonly modalityOf?: (programme: string) => Modality | undefined
  /** Whom the centre sent, any day. */
  readonly centre?: () => readonly WorklistItem[]
}

/** DICOM modalities (PS3.3 C.7.3.1.1.1) of devices that take such an image, the usual one first; and what the device shows as its procedure. */
const PROCEDURES: Readonly<Record<Modality, { readonly modalities: readonly string[]; readonly description: string }>> = {
  fundus: { modalities: ['OP', 'XC', 'OPM', 'OPT'], description: 'Fundus photographs, both eyes' },
  cxr: { modalities: ['DX', 'CR', 'DR', 'RF'], description: 'Chest X-ray, PA' },
  ultrasound: { modalities: ['US'], description: 'Lung ultrasound' }
}

const sameProcedure = (a: string, b: string): boolean => a === b || Object.values(PROCEDURES).some(({ modalities }) => modalities.includes(a) && modalities.includes(b))

const two = (part: number): string => String(part).padStart(2, '0')
/** The day in the computer's own time zone, yyyy-mm-dd. */
export const dayOf = (time: Date): string => [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-')
const timeOf = (time: Date): string => `${two(time.getHours())}:${two(time.getMinutes())}`

const itemOf = ({ id, name, sex, birthDate }: Patient, at: Date): WorklistItem =>
  ({ patientId: id, patientName: name, ...(sex ? { sex } : {}), ...(birthDate ? { birthDate } : {}), date: dayOf(at), time: timeOf(at) })

/** What a visit is for: its programme's images and what the nurse chose to take. */
function proceduresOf({ programme, claims }: Visit, { modalityOf }: WorklistParts): readonly Modality[] {
  const planned = programme === undefined ? undefined : modalityOf?.(programme)
  const taken = claims.flatMap(({ take }) => take?.modality ?? [])
  return [...new Set([...(planned ? [planned] : []), ...taken])]
}

/** One line for each procedure of an open visit, in the modality that the device asks for; one for anything while none is chosen. Listed under today, whenever it was opened. */
function ofVisit(visit: Visit, asked: { readonly query: WorklistQuery; readonly now: Date; readonly parts: WorklistParts }): WorklistItem[] {
  const patient = asked.parts.patients.find(visit.patientId)
  if (!patient) return []
  const openedToday = dayOf(new Date(visit.openedAt)) === dayOf(asked.now)
  const item = { ...itemOf(patient, openedToday ? new Date(visit.openedAt) : asked.now) }
  const procedures = proceduresOf(visit, asked.parts)
  if (procedures.length === 0) return [item]
  return procedures.map((procedure) => {
    const { modalities, description } = PROCEDURES[procedure]
    const { modality = '' } = asked.query
    return { ...item, description, modality: modalities.includes(modality) ? modality : modalities[0] ?? 'OT' }
  })
}

/** People with an open visit, then people registered today, each newest first, then whom the centre sent for today, who match what a device asks for. */
export function todaysWorklist(parts: WorklistParts, now: Date, query: WorklistQuery): WorklistItem[] {
  const visits = parts.visits?.openVisits() ?? []
  const visiting = new Set(visits.map(({ patientId }) => parts.patients.find(patientId)?.id ?? patientId))
  const registered = parts.patients.search('', LONGEST).filter(({ id }) => !visiting.has(id))
    .map((patient) => itemOf(patient, new Date(patient.registeredAt))).filter(({ date }) => date === dayOf(now))
  const centre = (parts.centre?.() ?? []).filter(({ date }) => date === dayOf(now)).map((item) => centreItem(item, parts.patients))
  return withCentre([...visits.flatMap((visit) => ofVisit(visit, { query, now, parts })), ...registered], centre, { query, sameProcedure })
}
