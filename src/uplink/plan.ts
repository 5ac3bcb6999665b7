import type { Delivery, ReportRevision } from '../domain/delivery.js'
import { isHeld } from '../domain/delivery.js'
import type { IsoTime } from '../domain/ids.js'
import { problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'
import type { Description, Destination, PlannedObject } from './destination.js'
import { takes } from './destination.js'

/**
 * The study with a delivery for each object and destination that is to be, or undefined when all are there. Other content makes a new revision
 * of the report, with UIDs of its own; what had not left of the one before is superseded. Nothing follows an object under another identity:
 * that needs a person.
 */
export function planDeliveries(study: Study, description: Description, destinations: readonly Destination[], at: IsoTime): Study | undefined {
  const reports = revisionsOf(study.reports ?? [], description.contentHash, at)
  const report = reports.at(-1)!.revision
  const objects = description.objects(report)
  const known = study.deliveries ?? []
  const kept = known.map((delivery) => supersede(delivery, objects, at))
  const added = destinations.flatMap((destination) => objects
    .filter(({ kind, sopInstanceUid }) => takes(destination, kind) && !known.some((one) => one.destination === destination.id && one.sopInstanceUid === sopInstanceUid))
    .map((object) => newDelivery(object, { destination: destination.id, report, identityHash: description.identityHash, at, known })))
  if (added.length === 0 && reports === study.reports && kept.every((delivery, index) => delivery === known[index])) return undefined
  return { ...study, reports, deliveries: [...kept, ...added] }
}

function revisionsOf(reports: readonly ReportRevision[], contentHash: string, at: IsoTime): readonly ReportRevision[] {
  const last = reports.at(-1)
  return last?.contentHash === contentHash ? reports : [...reports, { revision: (last?.revision ?? 0) + 1, contentHash, at }]
}

/** What has not been accepted of an earlier revision stays behind; what was sent without an answer too, its successor says the newer. */
function supersede(delivery: Delivery, objects: readonly PlannedObject[], at: IsoTime): Delivery {
  const current = objects.some(({ sopInstanceUid }) => sopInstanceUid === delivery.sopInstanceUid)
  if (current || isHeld(delivery) || delivery.state === 'superseded') return delivery
  const { problem: _problem, status: _status, ...rest } = delivery
  return { ...rest, state: 'superseded', at }
}

type Circumstances = { readonly destination: string; readonly report: number; readonly identityHash: string; readonly at: IsoTime; readonly known: readonly Delivery[] }

function newDelivery({ kind, name, sopClassUid, sopInstanceUid }: PlannedObject, { destination, report, identityHash, at, known }: Circumstances): Delivery {
  const others = known.filter((one) => one.destination === destination && isHeld(one) && one.identityHash !== identityHash)
  const base = { destination, kind, ...(name === undefined ? {} : { name }), sopClassUid, sopInstanceUid, report, identityHash, at, attempts: 0 }
  if (others.length === 0) return { ...base, state: 'pending' }
  return {
    ...base, state: 'needs-person', problem: problem('identity-changed',
      `The patient was changed after sending. Ask the PACS to correct or delete the objects ${others.map((one) => one.sopInstanceUid).join(', ')}.`)
  }
}
