import { readFile } from 'node:fs/promises'
import type { Encoding, ObjectToStore } from '../dicom/store-scu.js'
import { isUid, TRANSFER_SYNTAX } from '../dicom/uids.js'
import type { ArrivalSource } from '../domain/arrival.js'
import type { Delivery } from '../domain/delivery.js'
import { DamagedError } from '../domain/errors.js'
import { isHeld } from '../domain/delivery.js'
import type { Patient } from '../domain/patient.js'
import type { IsoTime, PatientId } from '../domain/ids.js'
import { problem, type Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import { isOfTakenUid } from '../domain/study.js'
import { marksOf } from '../domain/study-additions.js'
import { encapsulatedPdf } from '../report/encapsulated-pdf.js'
import { heatmapCapture } from '../report/heatmap-capture.js'
import { heatmapMap } from '../report/heatmap-map.js'
import { fhirBundle } from '../report/fhir.js'
import type { Identity } from '../report/identity.js'
import { correctedSideOf, identityHashOf, identityOf, leavesAs, nobody, registered } from '../report/identity.js'
import type { ObjectParts } from '../report/modules.js'
import { studyInstanceUid } from '../report/modules.js'
import { outgoingCopy } from '../report/outgoing-copy.js'
import { isReportable, reportContentHash } from '../report/report-revision.js'
import { rejectionNote } from '../report/rejection-note.js'
import type { EarlierReport, ReportedImage } from '../report/structured-report.js'
import { structuredReport } from '../report/structured-report.js'
import { wrappedClassOf, wrappedImage, wrappedModality } from '../report/wrapped-image.js'
import type { StudyStore } from '../store/study-store.js'
import type { Documents, MadeObject } from '../uplink/destination.js'
import type { FullFrame } from './full-frame.js'
import { withoutIdentity } from './outgoing-deidentified.js'
import { describeOutgoing, earlierImages, outgoingImage } from './outgoing-plan.js'
import { heatGrid, overlaidPicture, uprightPicture } from './outgoing-pictures.js'

export type OutgoingParts = {
  readonly store: Pick<StudyStore, 'objectPath' | 'verified' | 'derivedFolder'>
  readonly fullFrame: FullFrame
  /** The registered person, when there is one of that id. */
  readonly patient: (id: PatientId) => Patient | undefined
  /** The report as the page prints it (PDF), dated as told so that a retry gives the same bytes. */
  readonly paper: (study: Study, patient: Patient | undefined, at: IsoTime) => Promise<Uint8Array>
  /** Whether a technician said of this device that no name is ever written in its pictures; absent: of none. */
  readonly nothingWritten?: (source: ArrivalSource) => boolean
  readonly siteName: string
  readonly softwareVersion: string
  /** Of the pseudonyms of de-identified destinations; asked for only where there is one. */
  readonly pseudonymKey: () => Uint8Array
  /** The same object in fewer bytes, the best first; absent: nothing is recompressed. */
  readonly smaller?: (file: Uint8Array) => Promise<readonly Encoding[]>
}

const patientOf = (parts: OutgoingParts, { patientId }: Study): Patient | undefined => (patientId === undefined ? undefined : parts.patient(patientId))

/** False while the record of its patient is damaged: it must not leave as whoever its device once claimed. */
const isKnown = (parts: OutgoingParts, study: Study): boolean => study.patientId === undefined || patientOf(parts, study) !== undefined

/** What studies leave as, made anew from their documents each time: the same study in the same revision gives the same bytes. */
export function createOutgoing(parts: OutgoingParts): Documents {
  const identify = (study: Study): Identity => identityOf(study, patientOf(parts, study))
  return {
    describe: (study) => (isReportable(study) && isKnown(parts, study) ? describeOutgoing(study, identify(study), parts.pseudonymKey) : undefined),
    identityHashOf({ patientId, receivedAt }) {
      const patient = patientId === undefined ? undefined : parts.patient(patientId)
      return patient && identityHashOf(registered(patient, receivedAt))
    },
    async make(study, delivery, { deidentified, recompress }) {
      if (!isKnown(parts, study)) return err(problem('patient-damaged', 'The record of the patient of this study can not be read, so nothing leaves under another name. Restore it from a backup, then choose "Send again".'))
      try {
        const identity = identify(study)
        const made = await (deidentified ? makePseudonymous(parts, study, { identity, delivery }) : make(parts, study, { identity, delivery }))
        if (!made.ok) return made
        const smaller = recompress && delivery.kind === 'image' ? await parts.smaller?.(made.value.file) : undefined
        return ok({ ...made.value, ...(isOwnUid(study, delivery) ? { uidSaysContent: true } : {}), ...(smaller && smaller.length > 0 ? { alternatives: smaller } : {}) })
      } catch (error) {
        if (error instanceof DamagedError) return err(problem('object-damaged', error.message))
        return err(problem('not-made', `This object could not be made (${error instanceof Error ? error.name : 'unknown'}). Look whether the study still has its image, then read it again.`))
      }
    }
  }
}

/** A device numbers its images, sometimes twice. */
const isOwnUid = ({ object }: Study, { kind }: Delivery): boolean => kind !== 'image' || object.content !== 'dicom'

const CHANGED_MEANWHILE = problem('changed-meanwhile', 'The study says something else now; a newer revision leaves in its place.')

type Asked = { readonly identity: Identity; readonly delivery: Delivery; readonly nameless?: boolean }

/** Made under its own UID first, then stripped of what tells. */
async function makePseudonymous(parts: OutgoingParts, study: Study, { identity, delivery }: Asked): Promise<Result<MadeObject, Problem>> {
  const key = parts.pseudonymKey()
  const report = study.reports?.find(({ revision }) => revision === delivery.report)
  const planned = describeOutgoing(study, identity, parts.pseudonymKey).objects(delivery.report, report?.reissue ?? 0).find(({ kind, name }) => kind === delivery.kind && name === delivery.name)
  const sopInstanceUid = planned?.sopInstanceUid ?? delivery.sopInstanceUid
  const stated = study.source.cleaned === true || parts.nothingWritten?.(study.source) === true
  const said: Study = stated ? { ...study, source: { ...study.source, cleaned: true } } : study
  const made = await make(parts, said, { identity, delivery: { ...delivery, sopInstanceUid }, nameless: true })
  return made.ok ? withoutIdentity(key, identity, { made: made.value, delivery, stated }) : made
}

async function make(parts: OutgoingParts, study: Study, { identity, delivery, nameless = false }: Asked): Promise<Result<MadeObject, Problem>> {
  const report = study.reports?.find(({ revision }) => revision === delivery.report)
  const objectParts: ObjectParts = { study, identity, siteName: parts.siteName, softwareVersion: parts.softwareVersion, at: report?.at ?? study.receivedAt, reissue: report?.reissue ?? 0 }
  if (delivery.kind === 'rejection') return takeBack(objectParts, delivery)
  if (isStale(study, { identity, delivery })) return err(CHANGED_MEANWHILE)
  const head = { sopClassUid: delivery.sopClassUid, sopInstanceUid: delivery.sopInstanceUid, transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian }
  const common = { ...objectParts, sopInstanceUid: delivery.sopInstanceUid, revision: delivery.report, image: outgoingImage(study, identity, objectParts.reissue ?? 0) }
  switch (delivery.kind) {
    case 'sr': return ok({ ...head, file: structuredReport({ ...common, nameless, predecessors: nameless ? [] : predecessorsOf(study, delivery) }) })
    case 'pdf': return paper(parts, common, head)
    case 'heatmap': return ok({ ...head, file: heatmapCapture({ ...common, finding: findingOf(study, delivery), picture: await overlaidPicture(parts.store, study, delivery.name ?? '') }) })
    case 'heatmap-map': return ok({ ...head, file: heatmapMap({ ...common, finding: findingOf(study, delivery), grid: await heatGrid(parts.store, study, delivery.name ?? '') }) })
    case 'fhir': return ok({ ...head, sopClassUid: '', transferSyntaxUid: '', mediaType: 'application/fhir+json', file: Buffer.from(JSON.stringify(fhirBundle({ ...common, earlierImages: earlierImages(study, delivery.report, common.image.sopInstanceUid), bundleUid: delivery.sopInstanceUid, dicomModality: study.dicom?.modality ?? wrappedModality(study.modality) }))) })
    case 'image':
      if (study.evicted) return err(problem('object-evicted', 'This image is in the archive and no longer here. Have the archive send it on.'))
      await parts.store.verified(study)
      return study.object.content === 'dicom' ? receivedObject(parts, common) : wrapped(parts, common)
  }
}

/** Planned under another identity, or a report of another content: what would be made now is not what the UID stands for. */
function isStale(study: Study, { identity, delivery }: Asked): boolean {
  if (delivery.identityHash !== leavesAs(study, identity)) return true
  return delivery.kind !== 'image' && study.reports?.find(({ revision }) => revision === delivery.report)?.contentHash !== reportContentHash(study, identity)
}

/** The note stands in the study, and under the identity, of what it takes back. */
function takeBack(parts: ObjectParts, delivery: Delivery): Result<MadeObject, Problem> {
  const { deliveries = [], reports = [] } = parts.study
  const wrong = deliveries.filter(({ destination, sopInstanceUid }) => destination === delivery.destination && delivery.rejects?.includes(sopInstanceUid))
  const identity = reports.findLast((one) => one.identityHash === delivery.identityHash)?.identity
  const right = reports.find(({ revision }) => revision === delivery.report)?.identity ?? parts.identity
  const isSamePerson = identity !== undefined && identityHashOf(identity) === identityHashOf(right)
  const study = wrong[0]?.studyInstanceUid
  if (!identity || study === undefined) return err(problem('rejection-not-made', `Objects that an older version sent can not be taken back by a note. Ask the PACS to correct or delete ${(delivery.rejects ?? []).join(', ')}.`))
  const rejected = wrong.map(({ sopClassUid, sopInstanceUid, seriesInstanceUid = '', kind }) => ({ sopClassUid, sopInstanceUid, seriesInstanceUid, isImage: kind === 'image' || kind === 'heatmap' || kind === 'heatmap-map' }))
  const file = rejectionNote({ ...parts, identity, sopInstanceUid: delivery.sopInstanceUid, studyInstanceUid: study, rejected, wrong: isSamePerson ? 'side' : 'patient' })
  return ok({ sopClassUid: delivery.sopClassUid, sopInstanceUid: delivery.sopInstanceUid, transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian, file })
}

/** Dated when the last place on it was marked or taken off, where that was after the report: of two papers of one report the later is right. */
async function paper(parts: OutgoingParts, common: Omit<Parameters<typeof encapsulatedPdf>[0], 'pdf'>, head: Omit<MadeObject, 'file'>): Promise<Result<MadeObject, Problem>> {
  const { study, identity, reissue = 0, revision } = common
  const now = describeOutgoing(study, identity, parts.pseudonymKey).objects(revision, reissue).find(({ kind }) => kind === 'pdf')
  if (now?.sopInstanceUid !== common.sopInstanceUid) return err(CHANGED_MEANWHILE)
  const { lastAt = common.at } = marksOf(study)
  const at = lastAt > common.at ? lastAt : common.at
  return ok({ ...head, file: encapsulatedPdf({ ...common, at, pdf: await parts.paper(study, patientOf(parts, study), at) }) })
}

async function receivedObject({ store }: OutgoingParts, { study, identity, at, reissue = 0, image }: ObjectParts & { readonly image: ReportedImage }): Promise<Result<ObjectToStore, Problem>> {
  const { dicom } = study
  if (!dicom || !isUid(dicom.sopInstanceUid) || !isUid(dicom.sopClassUid) || dicom.transferSyntaxUid === '') {
    return err(problem('no-uid', 'The received object names no valid SOP class, instance or transfer syntax. Send it again from the device.'))
  }
  const side = correctedSideOf(study)
  const uids = reissue === 0 && !side && !isOfTakenUid(study) ? undefined : { sopInstanceUid: image.sopInstanceUid, seriesInstanceUid: image.seriesInstanceUid, studyInstanceUid: studyInstanceUid(study, reissue) }
  const file = outgoingCopy({ identity, at, dicom, file: await readFile(store.objectPath(study)), ...(uids ? { uids } : {}), ...(side ? { side } : {}) })
  if (!file) return err(problem('identity-not-written', `The name of the patient${side ? ' or the eye' : ''} can not be written into this object beside its older text. Register the name in Latin letters too${side ? '; if it is in Latin letters, correct the eye in the PACS by hand' : ''}.`))
  return ok({ sopClassUid: dicom.sopClassUid, sopInstanceUid: image.sopInstanceUid, transferSyntaxUid: dicom.transferSyntaxUid, file })
}

async function wrapped(files: OutgoingParts, parts: ObjectParts & { readonly sopInstanceUid: string }): Promise<Result<ObjectToStore, Problem>> {
  const made = await uprightPicture(files, parts.study)
  if (!made.ok) return made
  const picture = made.value
  const transferSyntaxUid = picture.encoding === 'jpeg-baseline' ? TRANSFER_SYNTAX.jpegBaseline : TRANSFER_SYNTAX.explicitLittleEndian
  return ok({ sopClassUid: wrappedClassOf(parts.study.modality), sopInstanceUid: parts.sopInstanceUid, transferSyntaxUid, file: wrappedImage({ ...parts, picture }) })
}

/** Earlier reports of this person, or of nobody yet, that this destination has or may have, newest first. */
function predecessorsOf(study: Study, { destination, report, identityHash }: Delivery): EarlierReport[] {
  const nameless = leavesAs(study, nobody(study))
  return (study.deliveries ?? [])
    .filter((one) => one.destination === destination && one.kind === 'sr' && one.report < report && (isHeld(one) || one.state === 'sent') && (one.identityHash === identityHash || one.identityHash === nameless))
    .sort((a, b) => b.report - a.report)
}

const findingOf = ({ reading }: Study, { name = '' }: Delivery): string =>
  reading?.findings.find(({ code }) => name === `heatmap-${code}.png`)?.name ?? name.replace(/^heatmap-|\.png$/g, '')
