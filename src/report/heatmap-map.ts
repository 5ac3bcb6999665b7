import type { Attributes } from '../dicom/codec.js'
import { writeObject } from '../dicom/codec.js'
import { code, codeItem, OWN_SCHEME, ownScheme } from './code.js'
import { SITE_CODES, UNIT_ONE } from './code-tables.js'
import { derivedUid } from './derived-uid.js'
import { sureLateralityOf } from '../domain/study.js'
import type { ObjectParts } from './modules.js'
import { commonModule, dicomDate, dicomDateTime, dicomTime, equipmentModule, patientModule, seriesModule, studyModule } from './modules.js'
import { SOP_CLASS } from './sop-classes.js'
import type { ReportedImage } from './structured-report.js'
import { sopReference } from './sr-content.js'

/** How warm each place is, 0 to 255 (0 too below a fifth of the hottest), rows of samples; it covers the whole image that it is of. */
export type HeatGrid = { readonly width: number; readonly height: number; readonly values: Uint8Array }

export type HeatmapMapInput = ObjectParts & {
  readonly sopInstanceUid: string
  readonly revision: number
  readonly image: ReportedImage
  readonly grid: HeatGrid
  /** Which finding it is of, in words. */
  readonly finding: string
}

const QUANTITY = code('246205007', 'SCT', 'Quantity')
const CLASS_ACTIVATION = code('130402', 'DCM', 'Class activation')
const DERIVATION = code('class-activation-mapping', OWN_SCHEME, 'Class activation mapping')
const SOURCE_IMAGE = code('121322', 'DCM', 'Source image for image processing operation')
const MOST = 255

/**
 * Where the network looked, as numbers: a Parametric Map (PS3.3 A.75) of the class activation, 0 to 1, in the geometry of the whole image, which a viewer
 * lays over it in colours of its own. A photograph has no measured size: a pixel of the image counts as 1 mm, in a frame of reference of our own.
 */
export function heatmapMap(input: HeatmapMapInput): Buffer {
  const { study, at, grid, image } = input
  const { width: columns = grid.width, height: rows = grid.height } = study.reading?.image ?? {}
  const laterality = study.modality === 'cxr' ? 'U' : (sureLateralityOf(study) ?? 'U')
  return writeObject({
    ...commonModule(SOP_CLASS.parametricMap, input.sopInstanceUid, at), ...patientModule(input.identity), ...studyModule(input), ...equipmentModule(input),
    ...seriesModule(input, { name: 'heatmap-map', modality: 'OT', number: 9005, description: 'Where the network looked, as numbers' }), CodingSchemeIdentificationSequence: [ownScheme],
    FrameOfReferenceUID: derivedUid(study.id, 'heatmap frame', image.sopInstanceUid), PositionReferenceIndicator: '',
    InstanceNumber: input.revision, ContentDate: dicomDate(at), ContentTime: dicomTime(at), ContentLabel: 'HEATMAP', ContentDescription: `${input.finding}; not a segmentation`.slice(0, 64), ContentCreatorName: '',
    AcquisitionContextSequence: [], ImageType: ['DERIVED', 'PRIMARY', 'OTHER', 'NONE'], ContentQualification: 'RESEARCH', BurnedInAnnotation: 'NO', RecognizableVisualFeatures: 'NO', LossyImageCompression: '00',
    PresentationLUTShape: 'IDENTITY', SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME2', Rows: grid.height, Columns: grid.width, BitsAllocated: 16, BitsStored: 16, HighBit: 15, PixelRepresentation: 0, NumberOfFrames: 1,
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: derivedUid(input.sopInstanceUid, 'dimensions') }],
    DimensionIndexSequence: [{ DimensionOrganizationUID: derivedUid(input.sopInstanceUid, 'dimensions'), DimensionIndexPointer: IMAGE_POSITION, FunctionalGroupPointer: PLANE_POSITION_SEQUENCE }],
    SharedFunctionalGroupsSequence: [shared(input, { spacing: [rows / grid.height, columns / grid.width], laterality })],
    PerFrameFunctionalGroupsSequence: [{
      FrameContentSequence: [{ DimensionIndexValues: 1, FrameAcquisitionDateTime: dicomDateTime(study.receivedAt), FrameReferenceDateTime: dicomDateTime(study.receivedAt), FrameAcquisitionDuration: 0 }],
      PlanePositionSequence: [{ ImagePositionPatient: [0, 0, 0] }]
    }],
    ReferencedSeriesSequence: [{ SeriesInstanceUID: image.seriesInstanceUid, ReferencedInstanceSequence: [sopReference(image)] }],
    PixelData: samples(grid)
  })
}

const IMAGE_POSITION = 0x00200032
const PLANE_POSITION_SEQUENCE = 0x00209113

function shared({ study, image, finding }: HeatmapMapInput, { spacing, laterality }: { readonly spacing: readonly number[]; readonly laterality: string }): Attributes {
  return {
    PixelMeasuresSequence: [{ SliceThickness: 1, PixelSpacing: spacing.map((one) => Number(one.toFixed(6))) }], PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
    FrameAnatomySequence: [{ AnatomicRegionSequence: [codeItem(SITE_CODES[study.modality ?? 'cxr'])], FrameLaterality: laterality }],
    DerivationImageSequence: [{ DerivationDescription: `Class activation of ${finding}`.slice(0, 1024), DerivationCodeSequence: [codeItem(DERIVATION)], SourceImageSequence: [{ ...sopReference(image), PurposeOfReferenceCodeSequence: [codeItem(SOURCE_IMAGE)] }] }],
    PixelValueTransformationSequence: [{ RescaleIntercept: 0, RescaleSlope: 1, RescaleType: 'US' }],
    FrameVOILUTSequence: [{ WindowCenter: MOST / 2, WindowWidth: MOST }],
    ParametricMapFrameTypeSequence: [{ FrameType: ['DERIVED', 'PRIMARY', 'OTHER', 'NONE'] }],
    RealWorldValueMappingSequence: [{
      _vrMap: { RealWorldValueFirstValueMapped: 'US', RealWorldValueLastValueMapped: 'US' }, RealWorldValueFirstValueMapped: 0, RealWorldValueLastValueMapped: MOST, RealWorldValueIntercept: 0, RealWorldValueSlope: 1 / MOST, LUTLabel: 'ACTIVATION', LUTExplanation: 'Class activation, 1 is the hottest',
      MeasurementUnitsCodeSequence: [codeItem(UNIT_ONE)],
      QuantityDefinitionSequence: [{ ValueType: 'CODE', ConceptNameCodeSequence: [codeItem(QUANTITY)], ConceptCodeSequence: [codeItem(CLASS_ACTIVATION)] }]
    }]
  }
}

function samples({ values }: HeatGrid): ArrayBuffer {
  const out = new Uint16Array(values)
  return out.buffer
}
