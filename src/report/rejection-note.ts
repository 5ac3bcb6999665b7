import type { Attributes } from '../dicom/codec.js'
import { writeObject } from '../dicom/codec.js'
import { code, codeItem } from './code.js'
import { ENGLISH, CONCEPT } from './code-tables.js'
import { commonModule, dicomDate, dicomTime, equipmentModule, patientModule, seriesModule, studyModule } from './modules.js'
import type { ObjectParts } from './modules.js'
import { SOP_CLASS } from './sop-classes.js'
import type { ContentItem } from './sr-content.js'
import { coded, sopReference, text } from './sr-content.js'

/** An object that is taken back, and where it stands in the archive. */
export type Rejected = { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly seriesInstanceUid: string; readonly isImage: boolean }

/** `identity` is whom the objects are wrongly of: the note stands in their study. */
export type RejectionNoteInput = ObjectParts & { readonly sopInstanceUid: string; readonly studyInstanceUid: string; readonly rejected: readonly Rejected[]; /** What is wrong of them; absent: the patient. */ readonly wrong?: 'patient' | 'side' }

/** PS3.16 CID 7011, annex D: it was given to a wrong patient, or to the wrong eye. */
const PATIENT_SAFETY = code('113037', 'DCM', 'Rejected for Patient Safety Reasons')
const DESCRIPTION = code('113012', 'DCM', 'Key Object Description')

/** Takes objects back that left under another patient or as of the other eye: a Key Object Selection of TID 2010 with the title that IHE IOCM gives it (RAD TF 2, 4.66.4.1). A Part 10 file. */
export function rejectionNote(input: RejectionNoteInput): Buffer {
  const { at, rejected } = input
  return writeObject({
    ...commonModule(SOP_CLASS.keyObjectSelection, input.sopInstanceUid, at), ...patientModule(input.identity), ...studyModule(input), StudyInstanceUID: input.studyInstanceUid,
    ...equipmentModule(input), ...seriesModule(input, { name: `rejection ${input.sopInstanceUid}`, modality: 'KO', number: 9004, description: 'Rejection note' }),
    ReferencedPerformedProcedureStepSequence: [], InstanceNumber: 1, ContentDate: dicomDate(at), ContentTime: dicomTime(at),
    CurrentRequestedProcedureEvidenceSequence: [evidence(input)],
    ValueType: 'CONTAINER', ConceptNameCodeSequence: [codeItem(PATIENT_SAFETY)], ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '2010' }],
    ContentSequence: [
      coded('HAS CONCEPT MOD', CONCEPT.language, ENGLISH),
      text('CONTAINS', DESCRIPTION, input.wrong === 'side' ? 'These objects name the wrong eye or side. They were sent again under other UIDs.' : 'These objects are of another patient. They were sent again under other UIDs.'),
      ...rejected.map(item)
    ]
  })
}

/** TID 2010 names what it selects without a concept. */
const item = (one: Rejected): ContentItem =>
  ({ RelationshipType: 'CONTAINS', ValueType: one.isImage ? 'IMAGE' : 'COMPOSITE', ReferencedSOPSequence: [sopReference(one)] })

function evidence({ studyInstanceUid, rejected }: RejectionNoteInput): Attributes {
  const series = [...new Set(rejected.map(({ seriesInstanceUid }) => seriesInstanceUid))]
  return {
    StudyInstanceUID: studyInstanceUid,
    ReferencedSeriesSequence: series.map((uid) => ({ SeriesInstanceUID: uid, ReferencedSOPSequence: rejected.filter(({ seriesInstanceUid }) => seriesInstanceUid === uid).map(sopReference) }))
  }
}
