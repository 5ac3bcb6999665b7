import type { Attributes } from '../dicom/codec.js'
import type { Laterality, Modality } from '../domain/image-content.js'
import type { Study } from '../domain/study.js'
import { sureLateralityOf } from '../domain/study.js'
import { codeItem } from './code.js'
import { SITE_CODES } from './code-tables.js'
import { derivedUid } from './derived-uid.js'
import type { ObjectParts } from './modules.js'
import { commonModule, dicomDate, dicomDateTime, dicomTime, equipmentModule, patientModule, seriesModule, sideModule, studyModule, writingModule } from './modules.js'
import type { Picture } from './picture.js'
import { writePicture } from './picture.js'
import { SOP_CLASS } from './sop-classes.js'

export type WrappedImageInput = ObjectParts & { readonly sopInstanceUid: string; readonly picture: Picture }

/** The class that an image which came without DICOM leaves as; a film photographed or scanned without its exposure data is a secondary capture. */
export const wrappedClassOf = (modality: Modality | undefined): string =>
  (modality === 'fundus' ? SOP_CLASS.ophthalmicPhotography8Bit : modality === 'ultrasound' ? SOP_CLASS.ultrasound : SOP_CLASS.secondaryCapture)

/** A photograph, scan or frame as a DICOM object with the identity of its patient, a Part 10 file. */
export function wrappedImage(input: WrappedImageInput): Buffer {
  const { study, at, picture } = input
  const sopClassUid = wrappedClassOf(study.modality)
  const side = sureLateralityOf(study)
  return writePicture({
    ...commonModule(sopClassUid, input.sopInstanceUid, at), ...patientModule(input.identity), ...studyModule(input), ...equipmentModule(input),
    ...seriesModule(input, { name: 'image', ...SERIES[study.modality ?? 'cxr'], number: 1 }),
    InstanceNumber: 1, ContentDate: dicomDate(study.receivedAt), ContentTime: dicomTime(study.receivedAt), PatientOrientation: '',
    ...perClass(sopClassUid, input, side)
  }, picture)
}

const SERIES: Readonly<Record<Modality, { readonly modality: string; readonly description: string }>> = {
  fundus: { modality: 'OP', description: 'Photograph of the retina' }, cxr: { modality: 'OT', description: 'Image' }, ultrasound: { modality: 'US', description: 'Ultrasound' }
}

/** The Modality attribute of such an image. */
export const wrappedModality = (modality: Modality | undefined): string => SERIES[modality ?? 'cxr'].modality

function perClass(sopClassUid: string, { study }: WrappedImageInput, side: Laterality | undefined): Attributes {
  if (sopClassUid === SOP_CLASS.ophthalmicPhotography8Bit) return ophthalmic(side, study)
  if (sopClassUid === SOP_CLASS.ultrasound) return { ImageType: ['ORIGINAL', 'PRIMARY'], ...writingModule(study), ...sideModule(study) }
  return { ConversionType: 'WSD', ImageType: ['ORIGINAL', 'PRIMARY'], ...writingModule(study), ...sideModule(study) }
}

/** Frame Increment Pointer to Frame Time, of which one frame has none. */
const FRAME_TIME = 0x00181063

/**
 * What the type 1 attributes of PS3.3 C.8.17 ask and a plain photograph does not tell is said to be unknown. Burned In Annotation is type 1 there with YES and NO
 * and no third value. Nobody looked whether a camera printed a name, so that it is YES: whoever takes names away later looks at a picture for nothing; by a NO a name would get out.
 */
const ophthalmic = (side: Laterality | undefined, { receivedAt, source }: Study): Attributes => ({
  ImageType: ['ORIGINAL', 'PRIMARY'], AcquisitionDateTime: dicomDateTime(receivedAt), NumberOfFrames: 1, FrameIncrementPointer: FRAME_TIME, FrameTime: 0,
  SynchronizationFrameOfReferenceUID: derivedUid('device', 'clock'), SynchronizationTrigger: 'NO TRIGGER', AcquisitionTimeSynchronized: 'N',
  BurnedInAnnotation: source.cleaned ? 'NO' : 'YES', ImageLaterality: side ?? 'U', PatientEyeMovementCommanded: '',
  HorizontalFieldOfView: '', PupilDilated: '', EmmetropicMagnification: '', IntraOcularPressure: '', RefractiveStateSequence: [],
  AcquisitionDeviceTypeCodeSequence: [{ CodeValue: '409898007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Fundus Camera' }],
  IlluminationTypeCodeSequence: [], LightPathFilterTypeStackCodeSequence: [], ImagePathFilterTypeStackCodeSequence: [], LensesCodeSequence: [],
  DetectorType: '', AnatomicRegionSequence: [codeItem(SITE_CODES.fundus)]
})
