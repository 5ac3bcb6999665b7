import type { Patient } from '../../../src/domain/patient.js'
import type { Reading } from '../../../src/domain/reading.js'
import type { Study, StudySummary } from '../../../src/domain/study.js'
import { verdictOf } from '../../../src/domain/study.js'
import { wordsFor } from '../../../src/i18n/words.js'
import type { RoleName } from '../../../src/web/views/users.js'
import type { PageContext } from '../../../src/web/views/page.js'

/** Made-up people and studies; nobody here exists. */
export const NOW = '2026-11-21T10:30:00.000Z'
const CAPABILITIES = { viewer: ['read'], operator: ['read', 'capture'], clinician: ['read', 'capture', 'review'], admin: ['read', 'configure'] } as const
export const ROLES: readonly RoleName[] = ['viewer', 'operator', 'clinician', 'admin']

export function pageFor(role: RoleName | undefined, path: string, more: Partial<PageContext> = {}): PageContext {
  const caller = role && { id: role, name: 'Amina Odhiambo', role }
  return { words: wordsFor(process.env['PREVIEW_LANGUAGE'] ?? 'en', 'UTC'), csrf: 'csrf-token', path, now: NOW, can: role ? CAPABILITIES[role] : [], ...(caller ? { caller } : {}), ...more }
}

export const patient: Patient = {
  id: 'P-0A1B2C3D', revision: 1, registeredAt: NOW, registeredBy: 'amina', name: 'Grace Wanjiru Test', identifier: 'KSM-00412', sex: 'F', birthDate: '1972-03-09', village: 'Kondele', phone: '0700 000 000'
}
export const otherPatient: Patient = { ...patient, id: 'P-0A1B2C3E', name: 'يوسف الاختبار', identifier: 'KSM-00413', sex: 'M', birthDate: undefined, age: { years: 61, onDate: '2026-01-01' } }

const reading = (over: Partial<Reading>): Reading => ({
  content: 'jpeg', image: { width: 1024, height: 1024, channels: 3, frames: 1 }, modality: 'fundus', pack: { id: 'fundus-dr', version: '1.0.0', sha256: 'ab'.repeat(32) }, provider: 'cpu',
  quality: { gradable: true, score: 0.87, reasons: [] }, findings: [], detail: {}, operatingPoint: 'balanced', derived: [], timingMs: { decode: 31, quality: 12, preprocess: 20, inference: 44, total: 107 }, ...over
})

const heatmap = [{ role: 'heatmap', name: 'heatmap-dr.png' }] as const
const base: Study = {
  formatVersion: 1, id: '20261121-AAAAAAA1', revision: 4, state: 'ready', receivedAt: '2026-11-21T09:41:00.000Z', timeUncertain: false, sequence: 7, source: { kind: 'upload', deviceId: 'tablet', operator: 'amina' },
  object: { name: 'x.jpg', sha256: 'cd'.repeat(32), bytes: 2_411_000, content: 'jpeg', fingerprint: 'cd'.repeat(32) }, answers: {}, questions: [], reviews: [], attempts: 0,
  deliveries: (['sr', 'pdf', 'image'] as const).map((kind) => ({ destination: 'pacs', kind, sopClassUid: '1.2', sopInstanceUid: '2.25.1', report: 1, identityHash: 'a', state: kind === 'image' ? 'pending' as const : 'committed' as const, at: '2026-11-21T09:42:00.000Z', attempts: 0 })),
  history: [{ at: '2026-11-21T09:41:00.000Z', event: 'received', by: 'amina' }, { at: '2026-11-21T09:41:01.000Z', event: 'analysed', by: 'system' }, { at: '2026-11-21T09:44:00.000Z', event: 'patient.attached', by: 'amina' }]
}

const drFindings = (score: number): Reading['findings'] => [
  { code: 'dr-referable', name: 'Referable diabetic retinopathy', score, threshold: 0.42, positive: score >= 0.42 },
  { code: 'dr-vision-threatening', name: 'Vision-threatening', score: score * 0.8, threshold: 0.55, positive: score * 0.8 >= 0.55 }
]

export const urgentFundus: Study = {
  ...base, patientId: patient.id, modality: 'fundus', laterality: 'R', reading: reading({ findings: drFindings(0.91), derived: heatmap }),
  triage: { level: 'urgent', text: 'Refer to an eye doctor within 4 weeks; tell the patient that sight is at risk.', code: 'dr-severe' }
}
export const routineFundus: Study = {
  ...base, id: '20261121-AAAAAAA2', patientId: patient.id, modality: 'fundus', laterality: 'L', reading: reading({ findings: drFindings(0.08), derived: heatmap }),
  triage: { level: 'routine', text: 'No referral needed now: photograph both eyes again in 12 months.', code: 'dr-none' },
  reviews: [{ at: '2026-11-21T10:05:00.000Z', by: 'dr.mutai', action: 'accept', reason: '' }]
}
export const ungradableFundus: Study = {
  ...base, id: '20261121-AAAAAAA3', patientId: otherPatient.id, modality: 'fundus', laterality: 'L',
  reading: reading({ quality: { gradable: false, score: 0.21, reasons: [{ code: 'blurred', text: 'The picture is not sharp.', retake: 'Clean the lens, ask the patient to look at the light and hold still, focus again.' }, { code: 'too-dark', text: 'The picture is too dark.', retake: 'Wait one minute in a dark room so that the pupil opens, then raise the flash by one step.' }] } }),
  triage: { level: 'none', text: 'ungradable: retake, or refer' }
}
export const positiveChest: Study = {
  ...base, id: '20261121-AAAAAAA4', modality: 'cxr', dicom: { sopClassUid: '1', sopInstanceUid: '2', transferSyntaxUid: '3', patientName: 'Test^Otieno', patientId: '0099' },
  reading: reading({ modality: 'cxr', image: { width: 1200, height: 1200, channels: 1, frames: 1 }, derived: heatmap, findings: [{ code: 'tb', name: 'Tuberculosis', score: 0.73, threshold: 0.31, positive: true }] }),
  triage: { level: 'urgent', text: 'Give a mask, keep apart from others and take sputum today.', code: 'tb-positive' },
  overreads: [{
    at: '2026-11-21T08:00:00.000Z', from: 'pacs', sopInstanceUid: '2.25.1', replaces: [], author: 'Okoye Ada', final: true,
    lines: [{ about: 'Finding', text: 'Cavity in the right upper lobe, with nodules around it. Typical of active tuberculosis.' }, { about: 'Recommendation', text: 'Sputum for GeneXpert today. Film again in two months.' }]
  }]
}
export const question: Study = {
  ...base, id: '20261121-AAAAAAA5', state: 'needs-input', reading: reading({ pack: null, modality: undefined, quality: { gradable: false, score: 0.5, reasons: [{ code: 'no-pack', text: 'No model reads this kind of picture.' }] } }),
  questions: [{ code: 'which-pack', text: 'Which kind of picture is this?' }, { code: 'age-unknown', text: 'How old is the patient?' }]
}
export const pending: Study = { ...base, id: '20261121-AAAAAAA6', state: 'received', reading: undefined }
export const failed: Study = { ...base, id: '20261121-AAAAAAA7', state: 'failed', failure: { code: 'truncated', message: 'cut' } }
export const clip: Study = {
  ...base, id: '20261121-AAAAAAA8', modality: 'ultrasound', receivedAt: '2026-11-20T15:00:00.000Z', reading: reading({ modality: 'ultrasound', image: { width: 640, height: 480, channels: 1, frames: 24 }, findings: [{ code: 'lus-interstitial', name: 'B-lines', score: 0.48, threshold: 0.5, positive: false }] }),
  triage: { level: 'soon', text: 'Listen to the lungs and measure oxygen; see a clinician today or tomorrow.' },
  reviews: [{ at: '2026-11-20T16:05:00.000Z', by: 'dr.mutai', action: 'change', triage: { level: 'soon', text: 'Listen to the lungs and measure oxygen; see a clinician today or tomorrow.' }, reason: 'Breathless since Monday.' }]
}

export const studies: readonly Study[] = [urgentFundus, positiveChest, clip, ungradableFundus, question, failed, pending, routineFundus]

export function summaryOf(study: Study): StudySummary {
  const verdict = verdictOf(study)
  return {
    id: study.id, sequence: study.sequence, revision: study.revision, state: study.state, modality: study.modality, laterality: study.laterality, receivedAt: study.receivedAt, patientId: study.patientId,
    triageLevel: verdict?.level ?? 'none', triageText: verdict?.text, triageCode: verdict?.code, gradable: study.reading?.quality.gradable, positives: [], reviewed: study.reviews.length > 0, deviceId: study.source.deviceId, fingerprint: study.object.fingerprint
  }
}
