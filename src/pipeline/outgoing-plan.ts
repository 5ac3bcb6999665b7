import { isUid } from '../dicom/uids.js'
import type { Laterality } from '../domain/image-content.js'
import type { Study } from '../domain/study.js'
import { findingsInForce, isOfTakenUid } from '../domain/study.js'
import { marksOf } from '../domain/study-additions.js'
import { derivedUid } from '../report/derived-uid.js'
import type { Identity } from '../report/identity.js'
import { correctedSideOf, hashAs, identityHashOf, leavesAs, nobody } from '../report/identity.js'
import { receivedUid, seriesInstanceUid, studyInstanceUid } from '../report/modules.js'
import { reportContentHash } from '../report/report-revision.js'
import { SOP_CLASS } from '../report/sop-classes.js'
import type { ReportedImage } from '../report/structured-report.js'
import { wrappedClassOf } from '../report/wrapped-image.js'
import { pseudonymousObject } from './outgoing-deidentified.js'
import type { Description, PlannedObject } from '../uplink/destination.js'

/** What a study leaves as under an identity: the objects of a revision with their UIDs. */
export function describeOutgoing(study: Study, identity: Identity, pseudonymKey: () => Uint8Array): Description {
  const hash = reportContentHash(study, identity)
  return {
    contentHash: hash, identity, findings: (study.reading?.findings ?? []).map(({ code }) => code), identityHash: leavesAs(study, identity),
    isNobody: (identityHash) => identityHash === leavesAs(study, nobody(study)),
    ...(isOfTakenUid(study) ? { takenUid: study.dicom?.sopInstanceUid } : {}),
    objects(revision, reissue) {
      const own = (kind: PlannedObject['kind'], series: string, sopClassUid: string, ...more: string[]): PlannedObject => ({
        kind, sopClassUid, sopInstanceUid: derivedUid(study.id, kind, ...more, revision, hash), studyInstanceUid: studyInstanceUid(study, reissue), seriesInstanceUid: seriesInstanceUid(study, series, reissue)
      })
      return [
        own('sr', 'sr', SOP_CLASS.comprehensiveSr), own('pdf', 'pdf', SOP_CLASS.encapsulatedPdf, ...marksOf(study).said),
        ...heatmapsOf(study).map((name) => ({ ...own('heatmap', 'heatmap', SOP_CLASS.secondaryCapture, name), name })),
        ...(isCutOut(study) ? [] : heatmapsOf(study)).map((name) => ({ ...own('heatmap-map', 'heatmap-map', SOP_CLASS.parametricMap, name), name })),
        { kind: 'fhir', sopClassUid: '', sopInstanceUid: derivedUid(study.id, 'fhir', revision, hash) },
        { kind: 'image', studyInstanceUid: studyInstanceUid(study, reissue), ...outgoingImage(study, identity, reissue) }
      ]
    },
    pseudonymous: (object) => pseudonymousObject(pseudonymKey(), identity, object),
    rejection: (destination, uids) => ({ kind: 'rejection', sopClassUid: SOP_CLASS.keyObjectSelection, sopInstanceUid: derivedUid(study.id, 'rejection', destination, ...uids) })
  }
}

/** Each says "here it is": none of what a clinician rejected, nor of a reading that could not be made again. */
const heatmapsOf = (study: Study): string[] => (findingsInForce(study).length === 0 ? [] : study.reading?.derived ?? []).filter(({ role }) => role === 'heatmap').map(({ name }) => name)

/** The film in a photograph was read and the photograph leaves: numbers over the whole film would lie over another place of it. Where no film was found, the whole photograph was read. */
function isCutOut({ reading }: Study): boolean {
  const codes = new Set(reading?.quality.reasons.map(({ code }) => code))
  return codes.has('read-from-photo') && !codes.has('film-not-found')
}

/**
 * A received object keeps its UID, unless it is an earlier study's; as of another eye it is in a series of its own, since all images of a series are of one side (PS3.3 C.7.3.1). A picture gets one that follows from its bytes, kind and patient; a reissue has new ones.
 */
export const outgoingImage = (study: Study, identity: Identity, reissue: number): ReportedImage => imageAs(study, { identity, reissue, side: correctedSideOf(study) })

/** UIDs of the image in reports before this revision, where it has another by now: under whom, or as of which eye, those said it were wrong. */
export function earlierImages(study: Study, revision: number, now: string): readonly string[] {
  const uids = (study.reports ?? []).filter((report) => report.revision < revision).flatMap(({ identity, identityHash, reissue = 0 }) =>
    (identity ? [imageAs(study, { identity, reissue, side: sideAs(identity, identityHash) }).sopInstanceUid] : []))
  return [...new Set(uids)].filter((uid) => uid !== now)
}

/** As of which eye in place of the first something left under that hash. */
const sideAs = (identity: Identity, identityHash: string | undefined): Laterality | undefined => (['L', 'R'] as const).find((side) => hashAs(identity, side) === identityHash)

/** A picture that left as of the other eye leaves again as of the one that a person said (`side`). */
function imageAs(study: Study, { identity, reissue, side }: { readonly identity: Identity; readonly reissue: number; readonly side: Laterality | undefined }): ReportedImage {
  const { dicom, object } = study
  const otherSide = side === undefined ? [] : [side]
  const anew = (uid: string): string => (reissue === 0 ? uid : derivedUid('reissue', uid, reissue))
  const own = seriesInstanceUid(study, 'image', reissue)
  if (object.content !== 'dicom') {
    const uid = derivedUid(study.id, 'image', object.sha256, identityHashOf(identity), study.modality ?? '', ...otherSide)
    return { sopClassUid: wrappedClassOf(study.modality), sopInstanceUid: anew(uid), seriesInstanceUid: own }
  }
  const uid = dicom?.sopInstanceUid ?? object.sopInstanceUid ?? ''
  return {
    sopClassUid: dicom?.sopClassUid ?? '', sopInstanceUid: anew(isUid(uid) ? receivedUid(study, uid) : derivedUid(study.id, 'image', object.sha256)),
    seriesInstanceUid: dicom?.seriesInstanceUid === undefined ? own : anew(otherSide.reduce((series, side) => derivedUid('side', series, side), receivedUid(study, dicom.seriesInstanceUid)))
  }
}
