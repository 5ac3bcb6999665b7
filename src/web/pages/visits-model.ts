import type { Visit } from '../../domain/visit.js'
import type { WebDependencies } from '../dependencies.js'
import { notFound } from '../http-error.js'
import type { Caller } from '../route.js'
import { rowsOf } from '../rows.js'
import type { OpenVisit } from '../views/visits/list.js'
import type { VisitModel } from '../views/visits/visit.js'
import { nameOfUser, stationName, stationsOf } from './visits-stations.js'

export type VisitDeps = Pick<WebDependencies, 'visits' | 'patients' | 'devices' | 'store' | 'access' | 'commands' | 'clock' | 'notices'>

const STUDIES_LOOKED_AT = 200

/** Visits whose person is known; the record of a damaged one is shown nowhere. */
export const openVisits = (deps: VisitDeps): OpenVisit[] => deps.visits.openVisits().flatMap((visit) => {
  const patient = deps.patients.find(visit.patientId)
  return patient ? [{ visit, patient, openedBy: nameOfUser(deps, visit.openedBy), nameOf: (station) => stationName(deps, station) }] : []
})

/** All that the page of one visit shows. @throws HttpError 404 when the record of its person is gone */
export function visitModel(deps: VisitDeps, visit: Visit, caller: Caller | undefined): VisitModel {
  const patient = deps.patients.find(visit.patientId)
  if (!patient) throw notFound('The record of this person can not be read. Tell the technician.')
  const { studies } = deps.store.list({ patientId: patient.id, order: 'newest', limit: STUDIES_LOOKED_AT })
  return {
    visit, patient, openedBy: nameOfUser(deps, visit.openedBy), ...stationsOf(deps, visit.id), nameOf: (station) => stationName(deps, station),
    rows: studies.filter(({ visitId }) => visitId === visit.id).map(rowsOf(deps, caller)), holds: (station) => deps.visits.holds(visit.id, station)
  }
}
