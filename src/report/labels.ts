import type { Finding, QualityReason, Triage, TriageLevel } from '../domain/finding.js'
import type { Modality } from '../domain/image-content.js'
import type { Patient } from '../domain/patient.js'
import type { Problem } from '../domain/problem.js'
import type { ReviewDecision, Study } from '../domain/study.js'
import { isAgeUnknown } from '../domain/study.js'

/** Words of the report; English here, another language's table is given to `studyReportPdf` as it is. */
export const englishLabels = {
  title: 'Screening report',
  patient: 'Patient', noPatient: 'Not attached to a registered patient', asSent: 'As sent by the device (not verified)',
  identifier: 'Number', sex: 'Sex', born: 'Born', age: 'Age', ageOn: 'years on', village: 'Village', unknown: 'not stated',
  study: 'Study', received: 'Received', timeUncertain: 'clock was not trusted', taken: 'Taken', device: 'Device', kind: 'Image',
  left: 'left', right: 'right',
  image: 'Image as received', heatmap: 'Where the network looked (not a segmentation)', noImage: 'No picture could be shown here',
  findings: 'Findings', score: 'Score', threshold: 'Threshold', outcome: 'Outcome', positive: 'POSITIVE', negative: 'negative',
  noFindings: 'No finding was computed.', operatingPoint: 'Operating point',
  quality: 'Image quality', gradable: 'can be read', ungradable: 'CANNOT BE READ: retake, or refer',
  limits: 'What this does not say', reviews: 'Decisions by people', noReviews: 'Not yet reviewed by a person.',
  model: 'Read by', modelSaid: 'Changed by a person. The model said', noModel: 'No model read this image', signature: 'Name and signature', date: 'Date', generated: 'Printed',
  oneEye: 'This is one eye only: the result of the person needs both.', oneEyeWord: 'ONE EYE ONLY', eyeAlone: 'This eye alone:', eyeClear: 'nothing to refer',
  ageUnknown: 'The age of the patient is not known. Chest images are read from age 15.',
  notCertified: 'Decision support under study, not a certified device.',
  levels: { immediate: 'IMMEDIATE', urgent: 'URGENT', soon: 'SOON', routine: 'ROUTINE', none: 'NO VERDICT' } satisfies Record<TriageLevel, string>,
  modalities: { fundus: 'Photograph of the retina', cxr: 'Chest X-ray', ultrasound: 'Ultrasound' } satisfies Record<Modality, string>,
  actions: { accept: 'accepted', change: 'changed', reject: 'rejected' } satisfies Record<ReviewDecision['action'], string>
}
export type ReportLabels = typeof englishLabels

/** Texts of what data says by code. */
export type ReportSay = {
  advice(triage: Triage): string
  finding(finding: Finding): string
  reason(reason: QualityReason): string
  point(name: string): string
  problem(problem: Problem): string
  sex(sex: NonNullable<Patient['sex']>): string
}

/** The words that the data itself carries. */
export const plainWords: ReportSay = {
  advice: ({ text }) => text, finding: ({ name }) => name, reason: ({ text, retake }) => [text, retake].filter(Boolean).join(' '),
  point: (name) => name, problem: ({ message }) => message, sex: (sex) => sex
}

/** A clear eye says nothing of the person: every report of it says so beside its advice. */
export const isOneEye = ({ modality }: Pick<Study, 'modality'>, level: TriageLevel): boolean => modality === 'fundus' && level === 'routine'

/** The advice of a verdict in English, for what leaves for other systems. */
export const adviceOf = (study: Pick<Study, 'modality' | 'questions'>, { level, text }: Pick<Triage, 'level' | 'text'>): string =>
  [...(isAgeUnknown(study) ? [englishLabels.ageUnknown] : []), text, ...(isOneEye(study, level) ? [englishLabels.oneEye] : [])].join(' ')
