import type { Attributes } from '../dicom/codec.js'
import { writeObject } from '../dicom/codec.js'
import { MANUFACTURER } from '../domain/product.js'
import type { ReviewDecision, Study } from '../domain/study.js'
import { isReviewed } from '../domain/study.js'
import { codeItem, ownScheme } from './code.js'
import { CONCEPT, PROCEDURE_CODES } from './code-tables.js'
import type { ObjectParts } from './modules.js'
import { commonModule, dicomDate, dicomDateTime, dicomTime, equipmentModule, patientModule, seriesInstanceUid, seriesModule, studyInstanceUid, studyModule } from './modules.js'
import { SOP_CLASS } from './sop-classes.js'
import type { ImageReference } from './sr-content.js'
import { sopReference } from './sr-content.js'
import { reportContent } from './sr-tree.js'

/** The image that a report speaks of. */
export type ReportedImage = ImageReference & { readonly seriesInstanceUid: string }

/** A report that this one replaces; where it stands in the archive is not known of what older versions sent. */
export type EarlierReport = { readonly sopInstanceUid: string; readonly studyInstanceUid?: string; readonly seriesInstanceUid?: string }

export type StructuredReportInput = ObjectParts & {
  readonly sopInstanceUid: string
  /** From 1, one more with each change of what is reported. */
  readonly revision: number
  /** Earlier revisions that may have left, newest first. */
  readonly predecessors: readonly EarlierReport[]
  readonly image: ReportedImage
  /** Without reviewers, their words and our number of the study: for who may not know whose it is. */
  readonly nameless?: boolean
}

/**
 * The study as a Comprehensive SR of TID 1500 (PS3.16), a Part 10 file; the same input gives the same bytes. UNVERIFIED and PRELIMINARY
 * until a person has decided. An ungradable image and a failed reading have a report too, which says so.
 */
export function structuredReport(input: StructuredReportInput): Buffer {
  const { study, revision, at } = input
  return writeObject({
    ...commonModule(SOP_CLASS.comprehensiveSr, input.sopInstanceUid, at), ...patientModule(input.identity), ...studyModule(input), ...equipmentModule(input),
    ...seriesModule(input, { name: 'sr', modality: 'SR', number: 9001, description: 'Screening result' }), ReferencedPerformedProcedureStepSequence: [],
    CodingSchemeIdentificationSequence: [ownScheme],
    InstanceNumber: revision, ContentDate: dicomDate(at), ContentTime: dicomTime(at),
    CompletionFlag: 'COMPLETE', ...verification(input),
    PerformedProcedureCodeSequence: study.modality ? [codeItem(PROCEDURE_CODES[study.modality])] : [],
    ...predecessors(input),
    CurrentRequestedProcedureEvidenceSequence: [inStudy(studyInstanceUid(study, input.reissue), input.image.seriesInstanceUid, [input.image])],
    ValueType: 'CONTAINER', ConceptNameCodeSequence: [codeItem(CONCEPT.report)], ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '1500' }],
    ContentSequence: reportContent(input)
  })
}

/** The last decision that a person made stands. */
/** Of what it says now: a verdict accepted before another reading verifies nothing of this one. */
const lastReview = (study: Study): ReviewDecision | undefined => (isReviewed(study) ? study.reviews.at(-1) : undefined)

function verification({ study, siteName }: StructuredReportInput): Attributes {
  const review = lastReview(study)
  if (!review) return { VerificationFlag: 'UNVERIFIED', PreliminaryFlag: 'PRELIMINARY' }
  return {
    VerificationFlag: 'VERIFIED', PreliminaryFlag: 'FINAL',
    VerifyingObserverSequence: [{
      VerifyingOrganization: siteName.slice(0, 64) || MANUFACTURER, VerificationDateTime: dicomDateTime(review.at), VerifyingObserverName: review.by, VerifyingObserverIdentificationCodeSequence: []
    }]
  }
}

/** One that left while nobody was named stands in another study of the archive: each is named where it stands. */
function predecessors({ study, reissue, predecessors: reports }: StructuredReportInput): Attributes {
  if (reports.length === 0) return {}
  const placed = reports.map(({ sopInstanceUid, studyInstanceUid: where = studyInstanceUid(study, reissue), seriesInstanceUid: series = seriesInstanceUid(study, 'sr', reissue) }) => ({ sopInstanceUid, where, series }))
  const studies = [...new Set(placed.map(({ where }) => where))]
  return {
    PredecessorDocumentsSequence: studies.map((uid) => {
      const there = placed.filter(({ where }) => where === uid)
      return inStudy(uid, there[0]!.series, there.map(({ sopInstanceUid }) => ({ sopClassUid: SOP_CLASS.comprehensiveSr, sopInstanceUid })))
    })
  }
}

const inStudy = (uid: string, series: string, objects: readonly ImageReference[]): Attributes =>
  ({ StudyInstanceUID: uid, ReferencedSeriesSequence: [{ SeriesInstanceUID: series, ReferencedSOPSequence: objects.map(sopReference) }] })
