import { writeObject } from '../dicom/codec.js'
import type { ObjectParts } from './modules.js'
import { commonModule, dicomDate, dicomDateTime, dicomTime, equipmentModule, patientModule, seriesModule, studyModule } from './modules.js'
import { SOP_CLASS } from './sop-classes.js'

export type EncapsulatedPdfInput = ObjectParts & { readonly sopInstanceUid: string; readonly revision: number; readonly pdf: Uint8Array }

/** The report on paper as an Encapsulated PDF (PS3.3 A.45.1), a Part 10 file. */
export function encapsulatedPdf(input: EncapsulatedPdfInput): Buffer {
  const { at, pdf } = input
  return writeObject({
    ...commonModule(SOP_CLASS.encapsulatedPdf, input.sopInstanceUid, at), ...patientModule(input.identity), ...studyModule(input), ...equipmentModule(input),
    ...seriesModule(input, { name: 'pdf', modality: 'DOC', number: 9003, description: 'Screening report' }),
    ConversionType: 'WSD', InstanceNumber: input.revision, ContentDate: dicomDate(at), ContentTime: dicomTime(at), AcquisitionDateTime: dicomDateTime(at),
    BurnedInAnnotation: 'YES', DocumentTitle: 'Screening report', ConceptNameCodeSequence: [], MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: pdf.byteLength, EncapsulatedDocument: evenBuffer(pdf)
  })
}

/** A copy of even length, as OB has it. */
export function evenBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.byteLength + (bytes.byteLength % 2))
  copy.set(bytes)
  return copy.buffer
}
