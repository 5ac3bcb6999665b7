import dcmjs from 'dcmjs'
import { silenceDicomLibraries } from './quiet.js'
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION, TRANSFER_SYNTAX } from './uids.js'

/** One value as dcmjs's natural form takes it: text, number, bytes, or items; keys of items are DICOM keywords (PS3.6). */
export type AttributeValue = string | number | ArrayBuffer | readonly AttributeValue[] | Attributes
export type Attributes = { readonly [keyword: string]: AttributeValue | undefined }

/** An object to be written: SOPClassUID and SOPInstanceUID must be among the attributes. Text is written as UTF-8. */
export type DicomObject = Attributes & { readonly SOPClassUID: string; readonly SOPInstanceUID: string }

const uid = (value: string): { vr: 'UI'; Value: string[] } => ({ vr: 'UI', Value: [value] })

/** A Part 10 file, Explicit VR Little Endian unless the pixel data is in another syntax. Undefined attributes are left out. */
export function writeObject(object: DicomObject, transferSyntaxUid: string = TRANSFER_SYNTAX.explicitLittleEndian): Buffer {
  silenceDicomLibraries()
  const dataset = {
    ...(withoutUndefined(object) as Record<string, unknown>),
    SpecificCharacterSet: 'ISO_IR 192',
    _meta: {
      MediaStorageSOPClassUID: uid(object.SOPClassUID), MediaStorageSOPInstanceUID: uid(object.SOPInstanceUID),
      TransferSyntaxUID: uid(transferSyntaxUid), ImplementationClassUID: uid(IMPLEMENTATION_CLASS_UID),
      ImplementationVersionName: { vr: 'SH', Value: [IMPLEMENTATION_VERSION] },
      FileMetaInformationVersion: { vr: 'OB', Value: [new Uint8Array([0, 1]).buffer] }
    },
    _vrMap: { PixelData: 'OW' }
  }
  return Buffer.from(dcmjs.data.datasetToBuffer(dataset))
}

function withoutUndefined(value: AttributeValue | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutUndefined(each as AttributeValue))
  if (typeof value !== 'object' || value instanceof ArrayBuffer) return value
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined).map(([key, each]) => [key, withoutUndefined(each)]))
}
