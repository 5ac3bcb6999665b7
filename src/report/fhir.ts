import type { Bundle, BundleEntry, CodeableConcept, DiagnosticReport, FhirResource, Identifier, ImagingStudy, Observation, Patient, Reference } from 'fhir/r4.js'
import type { Finding } from '../domain/finding.js'
import { findingsInForce, isReviewed, sureLateralityOf, verdictOf } from '../domain/study.js'
import { code, OWN_SCHEME } from './code.js'
import type { Code } from './code.js'
import { FINDING_CODES, LATERALITY_CODES, PROCEDURE_CODES, SITE_CODES } from './code-tables.js'
import { contentHash, derivedUid } from './derived-uid.js'
import type { Identity } from './identity.js'
import { adviceOf } from './labels.js'
import type { ObjectParts } from './modules.js'
import { studyInstanceUid } from './modules.js'
import type { ReportedImage } from './structured-report.js'

export type FhirInput = ObjectParts & { readonly bundleUid: string; readonly image: ReportedImage; /** Of the image as it leaves. */ readonly dicomModality: string; /** Of the report: what earlier ones said and this one does not is withdrawn. */ readonly revision?: number; /** UIDs that earlier ones named the image by. */ readonly earlierImages?: readonly string[] }

const SYSTEMS: Readonly<Record<string, string>> = { SCT: 'http://snomed.info/sct', DCM: 'http://dicom.nema.org/resources/ontology/DCM', UCUM: 'http://unitsofmeasure.org' }
const UID_SYSTEM = 'urn:dicom:uid'
const oid = (uid: string): string => `urn:oid:${uid}`

/**
 * A study for a record system: a FHIR R4 transaction of Patient, ImagingStudy, DiagnosticReport and an Observation for each finding. Every entry is a
 * conditional update by identifier, so that sending it again changes nothing. Preliminary until a person has decided.
 */
export function fhirBundle(input: FhirInput): Bundle {
  const { study, at, bundleUid } = input
  const observations = (study.reading?.findings ?? []).map((finding) => observationOf(input, finding))
  const resources: FhirResource[] = [patientOf(input), imagingStudyOf(input), ...observations, ...withdrawnOf(input), ...withdrawnImagesOf(input), reportOf(input)]
  return {
    resourceType: 'Bundle', type: 'transaction', identifier: { system: 'urn:ietf:rfc:3986', value: oid(bundleUid) }, timestamp: at,
    entry: resources.map((resource) => entryOf(resource as Identified))
  }
}

type Identified = FhirResource & { readonly identifier: Identifier[] }

function entryOf(resource: Identified): BundleEntry {
  const [identifier] = resource.identifier
  const query = `identifier=${encodeURIComponent(`${identifier?.system ?? ''}|${identifier?.value ?? ''}`)}`
  return { fullUrl: urlOf(resource.resourceType, identifier!), resource, request: { method: 'PUT', url: `${resource.resourceType}?${query}` } }
}

/** A name inside the bundle that follows from the identifier. */
function urlOf(kind: string, { system, value }: Identifier): string {
  const hash = contentHash([kind, system, value])
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

const refer = (kind: string, identifier: Identifier): Reference => ({ reference: urlOf(kind, identifier) })

/** Numbers of this house: none but it knows what they mean. */
const ownIdentifier = ({ siteName }: Pick<ObjectParts, 'siteName'>, kind: string, value: string): Identifier => ({ system: oid(derivedUid('site', siteName, kind)), value })
const patientIdentifier = (input: FhirInput): Identifier => ownIdentifier(input, 'patient', input.identity.patientId)
const studyIdentifier = ({ study, reissue }: FhirInput): Identifier => ({ system: UID_SYSTEM, value: oid(studyInstanceUid(study, reissue)) })
const imageIdentifier = ({ image }: FhirInput): Identifier => ({ system: UID_SYSTEM, value: oid(image.sopInstanceUid) })

function patientOf(input: FhirInput): Patient {
  const { identity } = input
  const day = isoDay(identity.birthDate)
  return {
    resourceType: 'Patient', identifier: [patientIdentifier(input)], ...(identity.patientName === '' ? {} : { name: [{ text: identity.patientName.replaceAll('^', ' ').trim() }] }),
    ...(genderOf(identity) ? { gender: genderOf(identity) } : {}), ...(day ? { birthDate: day } : {})
  }
}

const genderOf = ({ sex }: Identity): Patient['gender'] => ({ F: 'female', M: 'male', O: 'other' } as const)[sex as 'F' | 'M' | 'O']
const isoDay = (date: string): string | undefined => (/^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : undefined)

function imagingStudyOf(input: FhirInput): ImagingStudy {
  const { study, image, dicomModality } = input
  const side = study.modality === 'cxr' ? undefined : sureLateralityOf(study)
  const modality = { system: SYSTEMS['DCM']!, code: dicomModality }
  return {
    resourceType: 'ImagingStudy', identifier: [{ ...imageIdentifier(input), use: 'secondary' }, studyIdentifier(input)], status: 'available',
    subject: refer('Patient', patientIdentifier(input)), started: study.receivedAt, modality: [modality], numberOfSeries: 1, numberOfInstances: 1,
    series: [{
      uid: image.seriesInstanceUid, modality, ...(study.modality ? { bodySite: codingOf(SITE_CODES[study.modality]) } : {}), ...(side ? { laterality: codingOf(LATERALITY_CODES[side]) } : {}),
      instance: [{ uid: image.sopInstanceUid, sopClass: { system: 'urn:ietf:rfc:3986', code: oid(image.sopClassUid) } }]
    }]
  }
}

/** Else the image stands as somebody else's, or as of the other eye, for ever: its new entry has another identifier. */
const withdrawnImagesOf = (input: FhirInput): ImagingStudy[] => (input.earlierImages ?? []).map((uid) => ({
  resourceType: 'ImagingStudy', identifier: [{ system: UID_SYSTEM, value: oid(uid), use: 'secondary' }], status: 'entered-in-error', subject: refer('Patient', patientIdentifier(input))
}))

const codingOf = ({ value, scheme, meaning }: Code) => ({ system: SYSTEMS[scheme] ?? oid(derivedUid('scheme', scheme)), code: value, display: meaning })
const concept = (one: Code): CodeableConcept => ({ coding: [codingOf(one)], text: one.meaning })
const ONE = { system: SYSTEMS['UCUM']!, code: '1' }
const NOT_READ: Code = code('not-read', OWN_SCHEME, 'Image could not be read')
const REPORT: Code = code('screening-report', OWN_SCHEME, 'Screening report by an algorithm under study, not a certified device')

function observationOf(input: FhirInput, finding: Finding): Observation {
  const { study } = input
  const pack = study.reading?.pack
  const site = study.modality && SITE_CODES[study.modality]
  return {
    resourceType: 'Observation', identifier: [findingIdentifier(input, finding)], status: !findingsInForce(study).includes(finding) ? 'entered-in-error' : isReviewed(study) ? 'final' : 'preliminary',
    code: concept(FINDING_CODES[finding.code] ?? code(finding.code, OWN_SCHEME, finding.name)), subject: refer('Patient', patientIdentifier(input)),
    effectiveDateTime: study.receivedAt, valueBoolean: finding.positive,
    interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: finding.positive ? 'POS' : 'NEG' }] }],
    ...(pack ? { method: { text: `${pack.id} ${pack.version}, model sha256 ${pack.sha256}${study.reading?.operatingPoint ? `, operating point ${study.reading.operatingPoint}` : ''}` } } : {}),
    ...(site ? { bodySite: concept(site) } : {}), derivedFrom: [refer('ImagingStudy', imageIdentifier(input))],
    component: [
      { code: concept(code('score', OWN_SCHEME, 'Calibrated score')), valueQuantity: { value: finding.score, ...ONE } },
      { code: concept(code('threshold', OWN_SCHEME, 'Threshold of the operating point')), valueQuantity: { value: finding.threshold, ...ONE } }
    ]
  }
}

/** Findings of an earlier reading that this one did not look for (it was ungradable, or of another pack): they stand no more. */
function withdrawnOf(input: FhirInput): Observation[] {
  const { study, revision = Infinity } = input
  const now = new Set((study.reading?.findings ?? []).map((finding) => finding.code))
  const earlier = new Set((study.reports ?? []).filter((report) => report.revision < revision).flatMap(({ findings = [] }) => findings))
  return [...earlier].filter((value) => !now.has(value)).map((value): Observation => ({
    resourceType: 'Observation', identifier: [findingIdentifier(input, { code: value })], status: 'entered-in-error',
    code: concept(FINDING_CODES[value] ?? code(value, OWN_SCHEME, value)), subject: refer('Patient', patientIdentifier(input)), effectiveDateTime: study.receivedAt,
    derivedFrom: [refer('ImagingStudy', imageIdentifier(input))]
  }))
}

const findingIdentifier = (input: FhirInput, { code: value }: Pick<Finding, 'code'>): Identifier => ownIdentifier(input, 'finding', `${input.study.id} ${value}`)

function reportOf(input: FhirInput): DiagnosticReport {
  const { study, at } = input
  const verdict = verdictOf(study)
  const unread = study.failure !== undefined || study.reading?.quality.gradable === false
  const reasons = [...(study.reading?.quality.reasons ?? []).map(({ text }) => text), ...(study.failure ? [study.failure.message] : [])]
  const conclusion = [verdict && `${verdict.level}: ${adviceOf(study, verdict)}`, ...reasons].filter(Boolean).join(' ')
  return {
    resourceType: 'DiagnosticReport', identifier: [ownIdentifier(input, 'report', study.id)], status: isReviewed(study) ? 'final' : 'preliminary',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'IMG' }] }],
    code: { ...concept(REPORT), coding: [codingOf(REPORT), ...(study.modality ? [codingOf(PROCEDURE_CODES[study.modality])] : [])] },
    subject: refer('Patient', patientIdentifier(input)), effectiveDateTime: study.receivedAt, issued: at, imagingStudy: [refer('ImagingStudy', imageIdentifier(input))],
    result: findingsInForce(study).map((finding) => refer('Observation', findingIdentifier(input, finding))),
    ...(conclusion === '' ? {} : { conclusion }), ...(unread ? { conclusionCode: [concept(NOT_READ)] } : {})
  }
}
