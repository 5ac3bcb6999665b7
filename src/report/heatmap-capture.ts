import { writeObject } from '../dicom/codec.js'
import { evenBuffer } from './encapsulated-pdf.js'
import type { ObjectParts } from './modules.js'
import { commonModule, dicomDate, dicomTime, equipmentModule, patientModule, seriesModule, sideModule, studyModule, writingModule } from './modules.js'
import { imagePixelModule } from './picture.js'
import type { Picture } from './picture.js'
import { SOP_CLASS } from './sop-classes.js'
import type { ReportedImage } from './structured-report.js'
import { sopReference } from './sr-content.js'

export type HeatmapInput = ObjectParts & {
  readonly sopInstanceUid: string
  readonly revision: number
  readonly image: ReportedImage
  /** The picture with the overlay on it, RGB. */
  readonly picture: Picture
  /** Which finding it is of, in words. */
  readonly finding: string
}

/** Where the network looked, burned into a copy of the picture: a Secondary Capture that every viewer can show. */
export function heatmapCapture(input: HeatmapInput): Buffer {
  const { study, at, picture } = input
  return writeObject({
    ...commonModule(SOP_CLASS.secondaryCapture, input.sopInstanceUid, at), ...patientModule(input.identity), ...studyModule(input), ...equipmentModule(input),
    ...seriesModule(input, { name: 'heatmap', modality: 'OT', number: 9002, description: 'Where the network looked' }),
    ConversionType: 'WSD', InstanceNumber: input.revision, ContentDate: dicomDate(at), ContentTime: dicomTime(at), PatientOrientation: '',
    ImageType: ['DERIVED', 'SECONDARY'], DerivationDescription: `Heatmap of ${input.finding}; not a segmentation`.slice(0, 1024), ...writingModule(study), ...sideModule(study),
    SourceImageSequence: [sopReference(input.image)],
    ...imagePixelModule(picture), PixelData: evenBuffer(picture.bytes)
  })
}
