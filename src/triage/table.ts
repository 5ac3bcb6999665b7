import type { TriageLevel } from '../domain/finding.js'

/**
 * One rule: when the finding is positive (or the grade is reached), at least this level. `text` is the one sentence of what to do
 * next; `code` is stable, for translations. Within a level the first matching row speaks.
 */
export type TriageRow = {
  readonly code: string
  readonly level: TriageLevel
  readonly text: string
  readonly source: string
  readonly when: { readonly finding: string } | { readonly gradeFrom: number; readonly modality: 'fundus' } | { readonly nothingIn: 'fundus' | 'cxr' | 'ultrasound' }
}

const ICO = 'International Council of Ophthalmology, Guidelines for Diabetic Eye Care, 2017 (low-resource settings)'
const WHO_TB = 'WHO consolidated guidelines on tuberculosis, module 2: screening, 2021'
const LUS = 'Volpicelli et al., International evidence-based recommendations for point-of-care lung ultrasound, 2012'

const severeEye = { level: 'urgent', text: 'Refer to an eye doctor as soon as possible, within one month: changes in the eye threaten sight.', source: ICO } as const
const moderateEye = { level: 'soon', text: 'Refer to an eye doctor within 6 months: diabetic changes in the eye need a full examination.', source: ICO } as const

/** From most to least urgent. `immediate` is given only by a programme's own rule. */
export const TRIAGE_TABLE: readonly TriageRow[] = [
  { code: 'tb-positive', level: 'urgent', when: { finding: 'tb' }, source: WHO_TB, text: 'Possible tuberculosis: give a mask, and collect sputum today for a molecular (or smear) test.' },
  { code: 'dr-severe', ...severeEye, when: { finding: 'dr-vision-threatening' } },
  { code: 'dr-severe', ...severeEye, when: { modality: 'fundus', gradeFrom: 3 } },
  { code: 'lus-consolidation', level: 'urgent', when: { finding: 'lus-consolidation' }, source: LUS, text: 'Possible pneumonia: have a clinician examine the patient today; check breathing rate and oxygen now. (A demonstration: do not rely on it.)' },
  { code: 'dr-moderate', ...moderateEye, when: { finding: 'dr-referable' } },
  { code: 'dr-moderate', ...moderateEye, when: { modality: 'fundus', gradeFrom: 2 } },
  { code: 'lus-interstitial', level: 'soon', when: { finding: 'lus-interstitial' }, source: LUS, text: 'Possible fluid in the lungs: have a clinician examine the patient within days, today if breathless. (A demonstration: do not rely on it.)' },
  { code: 'cxr-other', level: 'soon', when: { finding: 'cxr-other-abnormal' }, source: WHO_TB, text: 'The chest film is not normal: have a clinician look at it within days.' },
  { code: 'dr-none', level: 'routine', when: { nothingIn: 'fundus' }, source: ICO, text: 'No diabetic eye disease to refer: photograph again in 12 months, and keep sugar and blood pressure under control. Macular oedema is not assessed.' },
  { code: 'tb-none', level: 'routine', when: { nothingIn: 'cxr' }, source: WHO_TB, text: 'No sign of tuberculosis on the film: if there is cough, fever, weight loss or night sweats, test sputum all the same.' },
  { code: 'lus-none', level: 'routine', when: { nothingIn: 'ultrasound' }, source: LUS, text: 'No sign of disease in this view: treat by the symptoms, and scan the other places of the protocol. (A demonstration: do not rely on it.)' }
]

/** Not graded at all: exactly this text is relied on by programs. */
export const UNGRADABLE = { code: 'ungradable', level: 'none', text: 'ungradable: retake, or refer' } as const

/** A pack brings a finding that no row knows. */
export const OTHER_FINDING = {
  code: 'other-finding', level: 'soon', text: 'The reading found something that this programme has no advice for: have a clinician look at the image within days.', source: 'A choice of ours'
} as const

/** A demonstration found nothing: that clears nobody. */
export const DEMONSTRATION = {
  code: 'demonstration', level: 'none', text: 'A demonstration, no verdict to rely on: nothing was marked in this image. Judge by the symptoms and by examining the patient.', source: 'A choice of ours'
} as const

export const UNDER_AGE = {
  code: 'under-age', level: 'none', text: 'No score for this age: refer to a clinician who assesses children.', source: WHO_TB
} as const
