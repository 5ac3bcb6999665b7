import type { Delivery, ReportRevision } from '../domain/delivery.js'
import { isHeld } from '../domain/delivery.js'
import type { IsoTime } from '../domain/ids.js'
import { problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'
import { isTakenBack, reissueOf, revisionIdentity } from './corrections.js'
import type { Description, Destination, PlannedObject } from './destination.js'
import { takes } from './destination.js'

/**
 * The study with a delivery for each object and destination that is to be, or undefined when all are there. Other content makes a new revision
 * of the report, with UIDs of its own; what had not left of the one before is superseded. What left under somebody else, or as of the other eye, needs correction: by a
 * rejection note where the site has it so, else by a person, and until then nothing follows it.
 */
export function planDeliveries(study: Study, description: Description, destinations: readonly Destination[], at: IsoTime): Study | undefined {
  const known = study.deliveries ?? []
  const reports = revisionsOf(study, description, at)
  const { revision, reissue = 0 } = reports.at(-1)!
  const objects = description.objects(revision, reissue)
  const pseudonymous = destinations.some(({ deidentified }) => deidentified) ? objects.map((one) => description.pseudonymous(one)) : []
  const reissuing = new Set(destinations.filter(({ onCorrection }) => onCorrection === 'reissue').map(({ id }) => id))
  const kept = known.map((delivery) => keptOf(delivery, { objects: [...objects, ...pseudonymous], description, report: revision, at, known, takesBack: reissuing.has(delivery.destination) }))
  const added = destinations.flatMap((destination) => addedFor(destination, kept, { objects: destination.deidentified ? pseudonymous : objects, description, report: revision, at, isGone: study.evicted !== undefined }))
  if (added.length === 0 && reports === study.reports && kept.every((delivery, index) => delivery === known[index])) return undefined
  // A note that was superseded leaves under its UID when the same change is made again.
  const others = kept.filter(({ kind, state, destination, sopInstanceUid }) => kind !== 'rejection' || state !== 'superseded' || !added.some((one) => one.destination === destination && one.sopInstanceUid === sopInstanceUid))
  return { ...study, reports, deliveries: [...others, ...added] }
}

function revisionsOf(study: Study, { contentHash, identityHash, identity, findings }: Description, at: IsoTime): readonly ReportRevision[] {
  const reports = study.reports ?? []
  const last = reports.at(-1)
  if (last?.contentHash === contentHash) return reports
  return [...reports, { revision: (last?.revision ?? 0) + 1, contentHash, at, identityHash, identity, reissue: reissueOf(study, identityHash), ...(findings ? { findings } : {}) }]
}

type Now = { /** The image left this disk: archives have the only one. */ readonly isGone?: boolean; /** The site sends rejection notes there: what left while nobody was named is taken back too. */ readonly takesBack?: boolean; readonly known?: readonly Delivery[]; readonly report: number; readonly objects: readonly PlannedObject[]; readonly description: Description; readonly at: IsoTime }

/** What has not been accepted of an earlier revision stays behind; what was sent without an answer too, its successor says the newer. */
function keptOf(delivery: Delivery, { objects, description, report, at, known = [], takesBack = false }: Now): Delivery {
  const { problem: _problem, status: _status, ...rest } = delivery
  const { state, identityHash, kind } = delivery
  const isSame = identityHash === description.identityHash
  if (kind === 'rejection') return isSame && (state === 'pending' || state === 'needs-person') ? { ...rest, state: 'superseded', at } : delivery
  if (state === 'superseded' || state === 'withdrawn') return delivery
  if (delivery.sopInstanceUid === description.takenUid) return { ...rest, state: 'superseded', at }
  if (state === 'needs-correction') return isSame && !isTakenBack(delivery, known) ? asBefore(rest, at) : delivery
  if (!isSame && kind !== 'fhir' && (isHeld(delivery) || state === 'sent') && (takesBack || !description.isNobody(identityHash))) return { ...rest, state: 'needs-correction', at, problem: OF_SOMEBODY_ELSE, ...(state === 'sent' ? { unanswered: true as const } : {}) }
  if (isHeld(delivery)) return delivery
  if (objects.some(({ sopInstanceUid }) => sopInstanceUid === delivery.sopInstanceUid)) return isSame ? delivery : { ...delivery, identityHash: description.identityHash, report }
  return { ...rest, state: 'superseded', at }
}

/** The change was undone. What nobody had answered is sent again: only an answer makes it accepted. */
const asBefore = ({ unanswered, ...delivery }: Delivery, at: IsoTime): Delivery => ({ ...delivery, state: unanswered ? 'sent' : 'accepted', at })

const OF_SOMEBODY_ELSE = problem('needs-correction', 'The destination has this object under another patient or as of the other eye. It is to be corrected or deleted there.')

function addedFor(destination: Destination, kept: readonly Delivery[], { objects, description, report, at, isGone = false }: Now): Delivery[] {
  const own = kept.filter((one) => one.destination === destination.id)
  const wrong = own.filter(({ state }) => state === 'needs-correction')
  const fresh = objects.filter(({ kind, sopInstanceUid }) => takes(destination, kind) && !own.some((one) => one.sopInstanceUid === sopInstanceUid))
  const base = { destination: destination.id, report, identityHash: description.identityHash, at, attempts: 0 }
  if (destination.onCorrection === 'reissue' && wrong.length > 0) {
    return [...rejectionsOf(own, isGone ? wrong.filter(({ kind }) => kind !== 'image') : wrong, description).map((note) => ({ ...base, ...note })), ...fresh.map((object): Delivery => ({ ...base, ...object, state: 'pending' }))]
  }
  if (wrong.length === 0) return fresh.map((object): Delivery => ({ ...base, ...object, state: 'pending' }))
  const why = problem('identity-changed', `The patient or the eye was changed after sending. Ask the PACS to ${isGone ? 'correct, and not to delete, since the image is there alone,' : 'correct or delete'} the objects ${wrong.map((one) => one.sopInstanceUid).join(', ')}; then choose "Corrected there, send again" beside this study on the page Sending to the centre.`)
  return fresh.map((object): Delivery => (object.kind === 'fhir' ? { ...base, ...object, state: 'pending' } : { ...base, ...object, state: 'needs-person', problem: why }))
}

type Note = PlannedObject & Pick<Delivery, 'state' | 'rejects' | 'identityHash'>

/** One note a study of the archive and identity, for what no note takes back yet (of an image that is there alone none does: nobody could send it again); it is of the person who the objects are wrongly of. */
function rejectionsOf(own: readonly Delivery[], wrong: readonly Delivery[], description: Description): Note[] {
  const noted = new Set(own.filter(({ kind, state }) => kind === 'rejection' && state !== 'superseded').flatMap(({ rejects = [] }) => rejects))
  const open = wrong.filter(({ sopInstanceUid }) => !noted.has(sopInstanceUid))
  return [...new Set(open.map(revisionIdentity))].map((key) => {
    const group = open.filter((one) => revisionIdentity(one) === key)
    const rejects = group.map(({ sopInstanceUid }) => sopInstanceUid)
    return { ...description.rejection(group[0]!.destination, rejects), state: 'pending', rejects, identityHash: group[0]!.identityHash }
  })
}
