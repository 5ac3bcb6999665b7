import { cleanPixels, deidentify } from '../dicom/codec.js'
import type { Delivery } from '../domain/delivery.js'
import { problem, type Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Identity } from '../report/identity.js'
import { pseudonymsOf } from '../report/pseudonyms.js'
import type { MadeObject, PlannedObject } from '../uplink/destination.js'

/** An object as a de-identified destination knows it: other UIDs, the same each time. */
export function pseudonymousObject(key: Uint8Array, identity: Identity, object: PlannedObject): PlannedObject {
  const { uid } = pseudonymsOf(key, identity.patientId)
  const { studyInstanceUid, seriesInstanceUid } = object
  return {
    ...object, sopInstanceUid: uid(object.sopInstanceUid),
    ...(studyInstanceUid === undefined ? {} : { studyInstanceUid: uid(studyInstanceUid) }), ...(seriesInstanceUid === undefined ? {} : { seriesInstanceUid: uid(seriesInstanceUid) })
  }
}

/** The same object without what could tell who it is of; `delivery` names it by its other UID. */
export function withoutIdentity(key: Uint8Array, identity: Identity, { made, delivery, stated }: { readonly made: MadeObject; readonly delivery: Delivery; /** A technician said that nothing is written in it. */ readonly stated: boolean }): Result<MadeObject, Problem> {
  const pseudonyms = pseudonymsOf(key, identity.patientId)
  const isImage = delivery.kind === 'image'
  const pixels = isImage ? cleanPixels(made.file, stated) : undefined
  if (pixels?.outcome === 'unknown') return err(problem('burned-in-unknown', 'There may be a name written in this image, so it stays here. Look at pictures of its device: if none ever shows a name, a technician writes the device into "nothingWritten" of the site file and chooses "Send again what needs a person". Of a video device, choose which part of the picture is kept.'))
  const terms = delivery.kind === 'rejection' ? { ...pseudonyms, uid: (same: string) => same } : pseudonyms
  const file = deidentify(pixels?.file ?? made.file, { pseudonyms: terms, pixelsAreClean: isImage, ownContent: !isImage })
  if (!file) return err(problem('not-deidentified', 'This object can not be read to its end, so nobody can tell what is in it. It stays here.'))
  return ok({ ...made, sopInstanceUid: delivery.sopInstanceUid, file })
}
