import type { Finding, Triage } from '../domain/finding.js'
import { MANUFACTURER, MODEL_NAME } from '../domain/product.js'
import type { Study } from '../domain/study.js'
import { findingsInForce, sureLateralityOf, verdictOf } from '../domain/study.js'
import { code, OWN_SCHEME } from './code.js'
import type { Code } from './code.js'
import { ABSENT, CONCEPT, ENGLISH, FINDING_CODES, LATERALITY_CODES, PRESENT, PROCEDURE_CODES, SITE_CODES } from './code-tables.js'
import { derivedUid } from './derived-uid.js'
import { adviceOf } from './labels.js'
import { limitsFor } from './limits-table.js'
import type { ContentItem } from './sr-content.js'
import { coded, container, image, personName, ratio, text, uidRef } from './sr-content.js'
import type { StructuredReportInput } from './structured-report.js'

const YES: Code = code('373066001', 'SCT', 'Yes')
const NO: Code = code('373067005', 'SCT', 'No')
const UNKNOWN_PROCEDURE: Code = code('363679005', 'SCT', 'Imaging')
const IMAGE_LIBRARY: Code = code('111028', 'DCM', 'Image Library')
const IMAGE_LIBRARY_GROUP: Code = code('126200', 'DCM', 'Image Library Group')
const SOURCE_IMAGE: Code = code('121112', 'DCM', 'Source of Measurement')

/** The children of the root, in the order of TID 1500. */
export function reportContent(input: StructuredReportInput): ContentItem[] {
  const { study } = input
  const findings = findingsInForce(study)
  return [
    coded('HAS CONCEPT MOD', CONCEPT.language, ENGLISH),
    ...observers(input),
    coded('HAS CONCEPT MOD', CONCEPT.procedureReported, study.modality ? PROCEDURE_CODES[study.modality] : UNKNOWN_PROCEDURE),
    container('CONTAINS', IMAGE_LIBRARY, [container('CONTAINS', IMAGE_LIBRARY_GROUP, [unnamedImage(input)])]),
    ...(findings.length > 0 ? [container('CONTAINS', CONCEPT.imagingMeasurements, findings.map((finding) => measurementGroup(input, finding)))] : []),
    container('CONTAINS', CONCEPT.qualitativeEvaluations, evaluations(study, input.nameless ?? false))
  ]
}

/** TID 1002: the appliance, and the person who decided last. */
function observers({ study, nameless }: StructuredReportInput): ContentItem[] {
  const reviewer = nameless ? undefined : study.reviews.at(-1)?.by
  return [
    coded('HAS OBS CONTEXT', CONCEPT.observerType, CONCEPT.device),
    uidRef('HAS OBS CONTEXT', CONCEPT.deviceUid, derivedUid('device', study.source.deviceId)),
    text('HAS OBS CONTEXT', CONCEPT.deviceName, study.source.deviceId),
    text('HAS OBS CONTEXT', CONCEPT.deviceManufacturer, MANUFACTURER),
    text('HAS OBS CONTEXT', CONCEPT.deviceModel, MODEL_NAME),
    ...(reviewer === undefined ? [] : [coded('HAS OBS CONTEXT', CONCEPT.observerType, CONCEPT.person), personName('HAS OBS CONTEXT', CONCEPT.personName, reviewer)])
  ]
}

/** An entry of the image library (TID 1601) has no concept name. */
function unnamedImage({ image: reported }: StructuredReportInput): ContentItem {
  const { ConceptNameCodeSequence: _unnamed, ...item } = image('CONTAINS', SOURCE_IMAGE, reported)
  return item
}

/** TID 1501: what was looked for, where, the score with its algorithm, the threshold, and what follows. */
function measurementGroup(input: StructuredReportInput, finding: Finding): ContentItem {
  const { study } = input
  const side = study.modality === 'cxr' ? undefined : sureLateralityOf(study)
  const site = study.modality && coded('HAS CONCEPT MOD', CONCEPT.findingSite, SITE_CODES[study.modality], side ? [coded('HAS CONCEPT MOD', CONCEPT.laterality, LATERALITY_CODES[side])] : [])
  return container('CONTAINS', CONCEPT.measurementGroup, [
    text('HAS OBS CONTEXT', CONCEPT.trackingIdentifier, input.nameless ? finding.code : `${study.id} ${finding.code}`),
    uidRef('HAS OBS CONTEXT', CONCEPT.trackingUid, derivedUid(study.id, 'finding', finding.code)),
    coded('CONTAINS', CONCEPT.finding, codeOf(finding)),
    ...(site ? [site] : []),
    ratio(CONCEPT.score, finding.score, [...algorithm(study), image('INFERRED FROM', SOURCE_IMAGE, input.image)]),
    ratio(CONCEPT.threshold, finding.threshold),
    coded('CONTAINS', CONCEPT.decision, finding.positive ? PRESENT : ABSENT)
  ])
}

const codeOf = ({ code: value, name }: Finding): Code => FINDING_CODES[value] ?? code(value, OWN_SCHEME, name.slice(0, 64))

/** TID 4019: name, version, and as parameters the model's hash, the operating point and where it ran. */
function algorithm({ reading }: Study): ContentItem[] {
  if (!reading?.pack) return []
  const { id, version, sha256 } = reading.pack
  const parameters = [`model sha256 ${sha256}`, ...(reading.operatingPoint ? [`operating point ${reading.operatingPoint}`] : []), `provider ${reading.provider}`]
  return [
    text('HAS CONCEPT MOD', CONCEPT.algorithmName, id), text('HAS CONCEPT MOD', CONCEPT.algorithmVersion, version),
    ...parameters.map((parameter) => text('HAS CONCEPT MOD', CONCEPT.algorithmParameters, parameter))
  ]
}

/** Quality, urgency, advice, the decisions of people, and what the report does not say. */
function evaluations(study: Study, nameless: boolean): ContentItem[] {
  const quality = study.reading?.quality
  const verdict = nameless ? withoutWords(study) : verdictOf(study)
  const reasons = [...(quality?.reasons ?? []).map((reason) => reason.text), ...(study.failure ? [study.failure.message] : [])]
  return [
    coded('CONTAINS', CONCEPT.gradable, quality?.gradable && study.state !== 'failed' ? YES : NO),
    ...reasons.map((reason) => text('CONTAINS', CONCEPT.qualityReason, reason)),
    ...(verdict ? [text('CONTAINS', CONCEPT.triageLevel, verdict.level), text('CONTAINS', CONCEPT.advice, adviceOf(study, verdict))] : []),
    ...(nameless ? study.reviews.map(({ action }) => text('CONTAINS', CONCEPT.review, action)) : []),
    ...(nameless ? [] : study.reviews).flatMap(({ at, by, action, reason }) => [
      text('CONTAINS', CONCEPT.review, `${action} by ${by} at ${at}`), ...(reason ? [text('CONTAINS', CONCEPT.reviewReason, reason)] : [])
    ]),
    ...limitsFor(findingsInForce(study).map((finding) => finding.code)).map((limit) => text('CONTAINS', CONCEPT.limits, limit))
  ]
}

/** A person's own words may name somebody: of a changed verdict only the level leaves. */
function withoutWords(study: Study): Triage | undefined {
  const verdict = verdictOf(study)
  return verdict && verdict !== study.triage ? { level: verdict.level, text: verdict.level } : verdict
}
