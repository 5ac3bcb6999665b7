import type { Arrival } from '../domain/arrival.js'
import type { DicomFacts } from '../domain/image-content.js'
import type { Belonging, HoldingVisit } from '../domain/visit.js'
import { stationOf, takeOf } from '../domain/visit.js'
import type { PatientRegistry } from './patients.js'
import { belongingOf } from './visits-belonging.js'
import type { Visits } from './visits.js'

/** Whose an arriving image is, asked by `ingest` right before it is stored. */
export type Belongs = (arrival: Arrival, dicom: DicomFacts | undefined) => Promise<Belonging>

/** The number that the device itself gave, as it is remembered with a visit; undefined for none. */
export const deviceNumberOf = (source: Arrival['source'], dicom: Pick<DicomFacts, 'patientId'> | undefined): string | undefined => {
  const number = dicom?.patientId?.trim()
  return number ? `${stationOf(source)}|${number}` : undefined
}

/** Arrivals meet the visits that are open at that moment. */
export function createBelongs({ visits, patients }: { readonly visits: Visits; readonly patients: PatientRegistry }): Belongs {
  return async (arrival, dicom) => {
    const station = stationOf(arrival.source)
    const number = deviceNumberOf(arrival.source, dicom)
    await visits.stations.met(station).catch(() => undefined)
    const held = await heldBy(visits, arrival)
    const patient = held && patients.find(held.patientId)
    const belonging = belongingOf({
      arrival, ...(dicom ? { dicom } : {}), ...(held && patient ? { held: { ...held, patient } } : {}),
      patientOf: (id) => patients.find(id), patientByIdentifier: (identifier) => patients.findByIdentifier(identifier),
      openVisitOf: (id) => visits.openVisitOf(id)?.id,
      usedForAnother: () => number !== undefined && held !== undefined && visits.usedForAnother(number, held.patientId)
    })
    if (belonging.visitId === undefined) return belonging
    visits.arrived(belonging.visitId, station)
    if (number !== undefined) await visits.noteNumber(belonging.visitId, number).catch(() => undefined)
    return belonging
  }
}

/** The visit that the device noted when it began, else the one that holds it now. */
async function heldBy(visits: Visits, { visitId, take, source }: Arrival): Promise<HoldingVisit | undefined> {
  if (visitId === null) return undefined
  if (visitId === null) return undefined
  if (visitId === undefined) return visits.holding(stationOf(source))
  const visit = await visits.read(visitId).catch(() => undefined)
  const noted = take === undefined ? undefined : takeOf(take)
  return visit && { visitId, patientId: visit.patientId, ...(noted ? { take: noted } : {}) }
}
