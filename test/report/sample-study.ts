import type { Patient } from '../../src/domain/patient.js'
import type { Study } from '../../src/domain/study.js'

export const sampleStudy: Study = {
  formatVersion: 1, id: '20260304-7Q2MNB4X', revision: 5, state: 'ready', receivedAt: '2026-03-04T08:15:30.000Z', timeUncertain: false, sequence: 12,
  source: { kind: 'watched-folder', deviceId: 'inbox' },
  object: { name: `${'a'.repeat(64)}.jpg`, sha256: 'a'.repeat(64), bytes: 120_000, content: 'jpeg', fingerprint: 'a'.repeat(64) },
  answers: {}, patientId: 'P-7Q2MNB4X', modality: 'fundus', laterality: 'R',
  reading: {
    content: 'jpeg', image: { width: 640, height: 640, channels: 3, frames: 1 }, modality: 'fundus', laterality: 'R',
    pack: { id: 'dr-fundus', version: '0.1.0', sha256: '0123456789abcdef'.repeat(4) }, provider: 'cpu',
    quality: { gradable: true, score: 0.81, reasons: [{ code: 'low-resolution', text: 'The picture is smaller than the model was meant for.' }] },
    findings: [
      { code: 'dr-referable', name: 'Referable diabetic retinopathy', score: 0.83, threshold: 0.42, positive: true },
      { code: 'dr-vision-threatening', name: 'Vision-threatening retinopathy', score: 0.12, threshold: 0.35, positive: false }
    ],
    detail: {}, operatingPoint: 'screening', derived: [], timingMs: { decode: 1, quality: 1, preprocess: 1, inference: 1, total: 4 }
  },
  triage: { level: 'soon', text: 'Refer to an eye clinic; examine again within six months.' }, questions: [],
  reviews: [{ at: '2026-03-04T09:00:00.000Z', by: 'amina', action: 'change', triage: { level: 'urgent', text: 'Haemorrhage near the macula: send this week.' }, reason: 'Bleeding close to the macula' }],
  attempts: 0, history: []
}

export const samplePatient: Patient = {
  id: 'P-7Q2MNB4X', revision: 1, registeredAt: '2026-03-04T08:00:00.000Z', registeredBy: 'amina', name: 'Phantom Person', identifier: 'C-0042',
  sex: 'F', birthDate: '1961-05-17', village: 'Hillside'
}
