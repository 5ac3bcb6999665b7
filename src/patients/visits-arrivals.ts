import type { Arrival } from '../domain/arrival.js'
import type { DicomFacts } from '../domain/image-content.js'
import type { Belonging, HoldingVisit, Visit } from '../domain/visit.js'
import { claimOf } from '../domain/visit-changes.js'
import { stationOf, takeOf } from '../domain/visit.js'
import type { PatientRegistry } from './patients.js'
import { belongingOf } from './visits-belonging.js'
import { holdingOf } from './visits-claims.js'
import type { Visits } from './visits.js'

/** Whose an arriving image is, asked by `ingest` right before it is stored. */
export type Belongs = (arrival: Arrival, dicom: DicomFacts | undefined) => Promise<Belonging>

/** The number that the device itself gave, as it is remembered with a visit; undefined for none. */
export const deviceNumberOf = (source: Arrival['source'], dicom: Pick<DicomFacts, 'patientId'> | undefined): string | undefined => {
  const number = dicom?.patientId?.trim()
  return number ? `${stationOf(source)}|${number}` : undefined
}

/** A device's clock is set by hand; ours, and the tablet's as the page corrects it, agree to some seconds. */
const DEVICE_CLOCK_MS = 3 * 60_000
const OUR_CLOCK_MS = 20_000

/** Arrivals meet the visits that are open at that moment. */
export function createBelongs({ visits, patients }: { readonly visits: Visits; readonly patients: PatientRegistry }): Belongs {
  return async (arrival, dicom) => {
    const station = stationOf(arrival.source)
    const number = deviceNumberOf(arrival.source, dicom)
    await visits.stations.met(station).catch(() => undefined)
    const latestMs = latestTakenMs(arrival, dicom)
    const known = (visit: Visit) => ({ visitId: visit.id, begunAfter: !visit.timeUncertain && latestMs < Date.parse(claimOf(visit, station)?.since ?? visit.openedAt) })
    const held = await heldBy(visits, arrival)
    const patient = held && patients.find(held.visit.patientId)
    const belonging = belongingOf({
      arrival, ...(dicom ? { dicom } : {}), ...(held && patient ? { held: { ...held.holding, ...known(held.visit), patient } } : {}),
      patientOf: (id) => patients.find(id), patientByIdentifier: (identifier) => patients.findByIdentifier(identifier),
      openVisitOf: (id) => { const visit = visits.openVisitOf(id); return visit && known(visit) },
      usedForAnother: () => number !== undefined && held !== undefined && visits.usedForAnother(number, held.visit.patientId)
    })
    if (belonging.visitId === undefined) return belonging
    visits.arrived(belonging.visitId, station)
    if (number !== undefined) await visits.noteNumber(belonging.visitId, number).catch(() => undefined)
    return belonging
  }
}

/** The picture was taken then or before, milliseconds; infinite when nothing tells. A clock that is ahead proves nothing, and needs no care. */
function latestTakenMs({ takenAt }: Arrival, dicom: DicomFacts | undefined): number {
  if (takenAt === null) return Infinity
  const latest = (time: string | undefined, slackMs: number): number => (time === undefined || Number.isNaN(Date.parse(time)) ? Infinity : Date.parse(time) + slackMs)
  return Math.min(latest(takenAt, OUR_CLOCK_MS), latest(dicom?.takenAt, DEVICE_CLOCK_MS))
}

type HeldVisit = { readonly visit: Visit; readonly holding: HoldingVisit }

/** The visit that the device noted when it began, else the one that holds it now. */
async function heldBy(visits: Visits, { visitId, take, source }: Arrival): Promise<HeldVisit | undefined> {
  if (visitId === null) return undefined
  if (visitId === undefined) {
    const holder = visits.holderOf(stationOf(source))
    return holder && { visit: holder.visit, holding: holdingOf(holder) }
  }
  const visit = await visits.read(visitId).catch(() => undefined)
  const noted = take === undefined ? undefined : takeOf(take)
  return visit && { visit, holding: { visitId, patientId: visit.patientId, ...(noted ? { take: noted } : {}) } }
}
