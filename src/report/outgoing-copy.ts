import { dataSetOffset, rewriteIdentity, writePart10, type ReissuedUids } from '../dicom/codec.js'
import type { DicomFacts, Laterality } from '../domain/image-content.js'
import { MANUFACTURER } from '../domain/product.js'
import type { Identity } from './identity.js'
import type { ObjectParts } from './modules.js'
import { dicomDateTime } from './modules.js'

export type OutgoingCopyInput = Pick<ObjectParts, 'identity' | 'at'> & { readonly dicom: DicomFacts; readonly file: Uint8Array; /** Where it leaves under others than its own. */ readonly uids?: ReissuedUids; /** The eye, where a person said another than the object does. */ readonly side?: Laterality }

/** Both are known, and not the same. */
const speaksAgainst = (said: string, device: string | undefined): boolean => said !== '' && device !== undefined && device !== '' && said !== device

/** Whether the received object says another than it leaves as; a birth date or a sex that the device was not told is no reason to touch it. */
const isCoerced = ({ patientId, patientName, birthDate, sex }: Identity, dicom: DicomFacts): boolean =>
  patientId !== dicom.patientId || patientName !== (dicom.patientName ?? '') || speaksAgainst(birthDate, dicom.patientBirthDate) || speaksAgainst(sex, dicom.patientSex)

/**
 * A received object as it leaves: its data set byte for byte, or with the attached patient's identity (nobody's, while a nurse is asked whose it is) and the eye
 * that a person said, and what stood there in Original Attributes Sequence. Undefined when that identity can't be written into it without touching other text.
 */
export function outgoingCopy({ identity, at, dicom, file, uids, side }: OutgoingCopyInput): Buffer | undefined {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = dicom
  const isClaimed = Boolean(dicom.patientId || dicom.patientName)
  const isOther = (identity.source === 'registered' || (identity.source === 'none' && isClaimed)) && isCoerced(identity, dicom)
  if (!isOther && !uids && !side) return writePart10(file.subarray(dataSetOffset(file)), { sopClassUid, sopInstanceUid, transferSyntaxUid })
  return rewriteIdentity(file, {
    patientName: identity.patientName, patientId: identity.patientId, patientBirthDate: identity.birthDate, patientSex: identity.sex,
    modifiedAt: dicomDateTime(at), modifyingSystem: MANUFACTURER, sopClassUid, sopInstanceUid: uids?.sopInstanceUid ?? sopInstanceUid, ...(uids ? { uids } : {}), ...(side ? { side } : {})
  })
}
