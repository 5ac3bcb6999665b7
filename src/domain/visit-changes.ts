import type { IsoTime } from './ids.js'
import type { PerformedStep } from './worklist.js'
import type { Claim, StationId, Visit } from './visit.js'
import { stationOf } from './visit.js'

const MOST_STEPS = 200
const MOST_NUMBERS = 100

/** The visit holding the station, for what is taken with it now; a claim it had is replaced. */
export const holdStation = (visit: Visit, claim: Claim): Visit =>
  ({ ...visit, claims: [...visit.claims.filter(({ station }) => station !== claim.station), claim] })

export const releaseStation = (visit: Visit, station: StationId): Visit =>
  ({ ...visit, claims: visit.claims.filter((claim) => claim.station !== station) })

export const claimOf = (visit: Visit, station: StationId): Claim | undefined => visit.claims.find((claim) => claim.station === station)

/** A closed visit holds nothing; steps that still run are the device's to end. */
export const closeVisit = (visit: Visit, closedAt: IsoTime, closedBy: string): Visit => ({ ...visit, claims: [], closedAt, closedBy })

/** The step as the device says it stands now. What has ended stays ended (PS3.4 F.7.2.2.2: no change after COMPLETED or DISCONTINUED). */
export function recordStep(visit: Visit, step: PerformedStep): Visit {
  const station = stationOf({ kind: 'dicom', deviceId: step.deviceId, callingAeTitle: step.callingAeTitle })
  const before = visit.steps.find(({ instanceUid }) => instanceUid === step.instanceUid)
  if (before && before.status !== 'in-progress') return visit
  const after = { instanceUid: step.instanceUid, station, status: step.status, startedAt: before?.startedAt ?? step.at, changedAt: step.at }
  return { ...visit, steps: [...visit.steps.filter((each) => each !== before), after].slice(-MOST_STEPS) }
}

/** Remembers a patient number of the device's own: the same number on another visit's image is then no coincidence. */
export const noteDeviceNumber = (visit: Visit, number: string): Visit =>
  visit.deviceNumbers.includes(number) ? visit : { ...visit, deviceNumbers: [...visit.deviceNumbers, number].slice(-MOST_NUMBERS) }

