import type { Delivery } from '../domain/delivery.js'
import { isHeld } from '../domain/delivery.js'
import type { IsoTime } from '../domain/ids.js'
import type { Study } from '../domain/study.js'

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
  const takenBack = objects.some((one) => one.identityHash === identityHash && one.state === 'withdrawn')
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

/** A rejection note arrived: what it takes back is withdrawn. */
export function withdraw(deliveries: readonly Delivery[], at: IsoTime): readonly Delivery[] {
  const notes = deliveries.filter((one) => one.kind === 'rejection' && isHeld(one))
  if (notes.length === 0) return deliveries
  return deliveries.map((one) => (one.state === 'needs-correction' && notes.some(({ destination, rejects = [] }) => destination === one.destination && rejects.includes(one.sopInstanceUid)) ? withdrawn(one, at) : one))
}

/** Put right at the destination. */
export function withdrawn({ problem: _problem, ...delivery }: Delivery, at: IsoTime): Delivery {
  return { ...delivery, state: 'withdrawn', at }
}
