import type { Modality } from '../domain/image-content.js'
import type { Code } from './code.js'
import { OWN_SCHEME, code } from './code.js'

/** Findings in SNOMED CT, or our own code where the finding is a screening decision rather than a disease. */
export const FINDING_CODES: Readonly<Record<string, Code>> = {
  'dr-referable': code('4855003', 'SCT', 'Retinopathy due to diabetes mellitus'),
  'dr-vision-threatening': code('dr-vision-threatening', OWN_SCHEME, 'Vision-threatening diabetic retinopathy'),
  tb: code('154283005', 'SCT', 'Pulmonary tuberculosis'),
  'cxr-other-abnormal': code('cxr-other-abnormal', OWN_SCHEME, 'Other abnormality of the chest film'),
  'lus-consolidation': code('95436008', 'SCT', 'Pulmonary consolidation'),
  'lus-interstitial': code('lus-interstitial', OWN_SCHEME, 'Interstitial pattern on lung ultrasound')
}

export const SITE_CODES: Readonly<Record<Modality, Code>> = {
  fundus: code('5665001', 'SCT', 'Retina'),
  cxr: code('51185008', 'SCT', 'Chest'),
  ultrasound: code('39607008', 'SCT', 'Lung')
}

export const LATERALITY_CODES = { L: code('7771000', 'SCT', 'Left'), R: code('24028007', 'SCT', 'Right') } as const

export const PROCEDURE_CODES: Readonly<Record<Modality, Code>> = {
  fundus: code('314971001', 'SCT', 'Camera fundoscopy'),
  cxr: code('399208008', 'SCT', 'Plain X-ray of chest'),
  ultrasound: code('16310003', 'SCT', 'Diagnostic ultrasonography')
}

export const PRESENT = code('52101004', 'SCT', 'Present')
export const ABSENT = code('2667000', 'SCT', 'Absent')

/** Of PS3.16 annex D unless the scheme says otherwise. */
export const CONCEPT = {
  report: code('126000', 'DCM', 'Imaging Measurement Report'),
  language: code('121049', 'DCM', 'Language of Content Item and Descendants'),
  observerType: code('121005', 'DCM', 'Observer Type'),
  device: code('121007', 'DCM', 'Device'),
  person: code('121006', 'DCM', 'Person'),
  personName: code('121008', 'DCM', 'Person Observer Name'),
  deviceUid: code('121012', 'DCM', 'Device Observer UID'),
  deviceName: code('121013', 'DCM', 'Device Observer Name'),
  deviceManufacturer: code('121014', 'DCM', 'Device Observer Manufacturer'),
  deviceModel: code('121015', 'DCM', 'Device Observer Model Name'),
  procedureReported: code('121058', 'DCM', 'Procedure reported'),
  imagingMeasurements: code('126010', 'DCM', 'Imaging Measurements'),
  measurementGroup: code('125007', 'DCM', 'Measurement Group'),
  trackingIdentifier: code('112039', 'DCM', 'Tracking Identifier'),
  trackingUid: code('112040', 'DCM', 'Tracking Unique Identifier'),
  finding: code('121071', 'DCM', 'Finding'),
  findingSite: code('363698007', 'SCT', 'Finding Site'),
  laterality: code('272741003', 'SCT', 'Laterality'),
  algorithmName: code('111001', 'DCM', 'Algorithm Name'),
  algorithmVersion: code('111003', 'DCM', 'Algorithm Version'),
  algorithmParameters: code('111002', 'DCM', 'Algorithm Parameters'),
  sourceOfMeasurement: code('121112', 'DCM', 'Source of Measurement'),
  qualitativeEvaluations: code('C0034375', 'UMLS', 'Qualitative Evaluations'),
  score: code('score', OWN_SCHEME, 'Calibrated score'),
  threshold: code('threshold', OWN_SCHEME, 'Threshold of the operating point'),
  decision: code('decision', OWN_SCHEME, 'Score at or above the threshold'),
  gradable: code('gradable', OWN_SCHEME, 'Image can be graded'),
  qualityReason: code('quality-reason', OWN_SCHEME, 'Reason of the image quality'),
  triageLevel: code('triage-level', OWN_SCHEME, 'Urgency'),
  advice: code('advice', OWN_SCHEME, 'What to do next'),
  review: code('review', OWN_SCHEME, 'Decision of the reviewer'),
  reviewReason: code('review-reason', OWN_SCHEME, 'Reason of the decision'),
  limits: code('limits', OWN_SCHEME, 'Decision support under study, not a certified device')
} as const

export const UNIT_ONE: Code = code('1', 'UCUM', 'no units')
export const ENGLISH: Code = code('en', 'RFC5646', 'English')
