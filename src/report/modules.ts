import type { Attributes } from '../dicom/codec.js'
import { isUid } from '../dicom/uids.js'
import type { IsoTime } from '../domain/ids.js'
import { MANUFACTURER, MODEL_NAME } from '../domain/product.js'
import type { Study } from '../domain/study.js'
import { isOfTakenUid, sureLateralityOf } from '../domain/study.js'
import { derivedUid } from './derived-uid.js'
import type { Identity } from './identity.js'

/** What every object of ours is made of. `at` is when this revision of the report came to be: the same again at a retry. */
export type ObjectParts = {
  readonly study: Study
  readonly identity: Identity
  readonly siteName: string
  readonly softwareVersion: string
  readonly at: IsoTime
  /** How often all of it had to leave under new UIDs (`domain/delivery.ts`). */
  readonly reissue?: number
}

export const dicomDate = (at: IsoTime): string => at.slice(0, 10).replaceAll('-', '')
export const dicomTime = (at: IsoTime): string => at.slice(11, 19).replaceAll(':', '')
export const dicomDateTime = (at: IsoTime): string => `${dicomDate(at)}${dicomTime(at)}+0000`

/** A UID of the received object; one that follows from it and the content where the object came under an earlier one's. */
export const receivedUid = (study: Study, uid: string): string => (isOfTakenUid(study) ? derivedUid('taken', uid, study.object.sha256) : uid)

/**
 * The study that the device named, so that its images and our results stand together; else one of our own. A reissue is another study, and so is
 * what came under an earlier object's UID: it may be another person's.
 */
export function studyInstanceUid(study: Study, reissue = 0): string {
  const given = study.dicom?.studyInstanceUid
  const uid = given !== undefined && isUid(given) ? receivedUid(study, given) : derivedUid(study.id, 'study')
  return reissue === 0 ? uid : derivedUid('reissue', uid, reissue)
}

/** A series of ours. */
export const seriesInstanceUid = (study: Study, name: string, reissue = 0): string =>
  (reissue === 0 ? derivedUid(study.id, 'series', name) : derivedUid(study.id, 'series', name, 'reissue', reissue))

export const patientModule = ({ patientId, patientName, birthDate, sex }: Identity): Attributes =>
  ({ PatientName: patientName, PatientID: patientId, PatientBirthDate: birthDate, PatientSex: sex })

export function studyModule({ study, identity, reissue }: Pick<ObjectParts, 'study' | 'identity' | 'reissue'>): Attributes {
  const own = study.dicom?.studyInstanceUid === undefined
  return {
    StudyInstanceUID: studyInstanceUid(study, reissue), StudyDate: study.dicom?.studyDate ?? (own ? dicomDate(study.receivedAt) : ''), StudyTime: own ? dicomTime(study.receivedAt) : '',
    ReferringPhysicianName: '', StudyID: '', AccessionNumber: '',
    PatientAge: identity.ageYears === undefined ? undefined : `${String(Math.min(999, Math.floor(identity.ageYears))).padStart(3, '0')}Y`
  }
}

export const equipmentModule = ({ study, siteName, softwareVersion }: ObjectParts): Attributes => ({
  Manufacturer: MANUFACTURER, ManufacturerModelName: MODEL_NAME, DeviceSerialNumber: study.source.deviceId.slice(0, 64), SoftwareVersions: softwareVersion, InstitutionName: siteName.slice(0, 64)
})

/** A series of ours; its number keeps it behind the device's own. */
export const seriesModule = ({ study, reissue }: Pick<ObjectParts, 'study' | 'reissue'>, series: { readonly name: string; readonly modality: string; readonly number: number; readonly description: string }): Attributes => ({
  SeriesInstanceUID: seriesInstanceUid(study, series.name, reissue), Modality: series.modality, SeriesNumber: series.number, SeriesDescription: series.description
})

export const commonModule = (sopClassUid: string, sopInstanceUid: string, at: IsoTime): Attributes & { SOPClassUID: string; SOPInstanceUID: string } =>
  ({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, InstanceCreationDate: dicomDate(at), InstanceCreationTime: dicomTime(at), TimezoneOffsetFromUTC: '+0000' })

/** Burned In Annotation is type 3 in most classes: NO where somebody cut the names away, and else nothing, since nobody looked. */
export const writingModule = ({ source }: Study): Attributes => (source.cleaned ? { BurnedInAnnotation: 'NO' } : {})

/** Laterality belongs to paired parts of the body; a chest has none (PS3.3 C.7.3.1). */
export const sideModule = (study: Study): Attributes =>
  (study.modality === 'cxr' ? { BodyPartExamined: 'CHEST' } : { Laterality: sureLateralityOf(study) ?? '' })
