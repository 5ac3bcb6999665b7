import type { Delivery } from '../domain/delivery.js'
import { isHeld } from '../domain/delivery.js'
import type { IsoTime } from '../domain/ids.js'
import { problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'

/** A rejection note that the destination has, or may have. */
const mayHaveArrived = (one: Delivery): boolean => one.kind === 'rejection' && (isHeld(one) || one.state === 'sent')

const takes = (note: Delivery, { destination, sopInstanceUid }: Delivery): boolean => note.destination === destination && (note.rejects ?? []).includes(sopInstanceUid)

/** By a note that arrived, or may have: it is no longer to be relied on there, whatever the study says now. */
export const isTakenBack = (one: Delivery, deliveries: readonly Delivery[]): boolean => deliveries.some((note) => mayHaveArrived(note) && takes(note, one))

/** The destination has it, or may have it. */
const mayBeThere = (one: Delivery): boolean => one.kind !== 'rejection' && (isHeld(one) || one.state === 'sent' || one.state === 'needs-correction')

/**
 * How often everything has left under new UIDs, for a report under this identity: once more when something left under another one, and not when
 * a change is taken back before anything followed it. UIDs that were withdrawn are never used again.
 */
export function reissueOf({ reports = [], deliveries = [] }: Study, identityHash: string): number {
  const last = reports.at(-1)
  if (!last) return 0
  const objects = deliveries.filter(({ kind }) => kind !== 'rejection')
  const lastHash = last.identityHash ?? objects.findLast(({ report }) => report === last.revision)?.identityHash
  if (lastHash === identityHash) return last.reissue ?? 0
  const earlier = reports.findLast((one) => one.identityHash === identityHash)
  const takenBack = objects.some((one) => one.identityHash === identityHash && (one.state === 'withdrawn' || isTakenBack(one, deliveries)))
  const followed = objects.some((one) => one.identityHash === lastHash && mayBeThere(one))
  if (earlier && !takenBack && !followed) return earlier.reissue ?? 0
  const most = Math.max(...reports.map(({ reissue = 0 }) => reissue))
  return objects.some((one) => mayBeThere(one) || one.state === 'withdrawn') ? most + 1 : most
}

/** One revision more of the same content under new UIDs: some of what left is somebody else's, and the archive would mix the two. */
export function leaveAnew(study: Study, at: IsoTime): Study {
  const { reports = [] } = study
  const last = reports.at(-1)
  if (!last) return study
  return { ...study, reports: [...reports, { ...last, revision: last.revision + 1, at, reissue: Math.max(...reports.map(({ reissue = 0 }) => reissue)) + 1 }] }
}

/** Objects of one study of the archive under one identity: one rejection note speaks of them. */
export const revisionIdentity = ({ studyInstanceUid = '', identityHash }: Delivery): string => `${studyInstanceUid} ${identityHash}`

/** What a rejection note that arrived takes back is withdrawn, also where the change was undone meanwhile; while nobody knows whether it arrived, that needs correction. */
export function withdraw(deliveries: readonly Delivery[], at: IsoTime): readonly Delivery[] {
  const notes = deliveries.filter(mayHaveArrived)
  return deliveries.map((one) => {
    const own = mayBeThere(one) ? notes.filter((note) => takes(note, one)) : []
    if (own.some(isHeld)) return withdrawn(one, at)
    return own.length === 0 || one.state === 'needs-correction' ? one : { ...one, state: 'needs-correction', at, problem: MAYBE_TAKEN_BACK }
  })
}

const MAYBE_TAKEN_BACK = problem('needs-correction', 'A rejection note that may have arrived takes this object back. It leaves anew under other UIDs; wait for the answer to the note, which is sent again.')

/** Put right at the destination. */
export function withdrawn({ problem: _problem, ...delivery }: Delivery, at: IsoTime): Delivery {
  return { ...delivery, state: 'withdrawn', at }
}
