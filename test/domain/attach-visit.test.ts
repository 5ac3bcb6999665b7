import { describe, expect, it } from 'vitest'
import { answerStudy, attachStudy, retryStudy } from '../../src/domain/study-changes.js'
import type { Study } from '../../src/domain/study.js'

const study = (over: Partial<Study>): Study => ({
  formatVersion: 1, id: '20260301-00000000', revision: 1, state: 'ready', receivedAt: '2026-03-01T08:00:00.000Z', timeUncertain: false, sequence: 1, source: { kind: 'video', deviceId: 'camera' },
  object: { name: 'a.png', sha256: 'a', bytes: 1, content: 'png', fingerprint: 'a' }, answers: {}, questions: [], reviews: [], attempts: 0, history: [], modality: 'fundus', ...over
})
const taken = study({ patientId: 'P-00000001', visitId: 'V-20260301-00000001', take: 'eye-left', laterality: 'L' })

describe('an image that turns out to be of another visit', () => {
  it('is no longer believed to show what that visit\'s button said', () => {
    const moved = attachStudy(taken, 'P-00000002', 'V-20260301-00000002')
    expect(moved).toMatchObject({ patientId: 'P-00000002', visitId: 'V-20260301-00000002' })
    expect([moved.take, moved.laterality]).toEqual([undefined, undefined])
  })

  it('keeps what the image itself says', () => {
    const dicom = { sopClassUid: '1', sopInstanceUid: '2', transferSyntaxUid: '3', laterality: 'R' as const }
    expect(attachStudy({ ...taken, dicom }, 'P-00000002').laterality).toBe('R')
  })

  it('keeps its eye in the same visit (records that were merged)', () => {
    expect(attachStudy(taken, 'P-00000003', taken.visitId)).toMatchObject({ take: 'eye-left', laterality: 'L' })
  })
})

describe('the question whose it is', () => {
  const asked = study({ proposedVisitId: 'V-20260301-00000001', questions: [{ code: 'whose-is-this', text: 'Whose?' }] })
  it('is answered by attaching, and by nothing else', () => {
    expect(attachStudy(asked, 'P-00000001').questions).toEqual([])
    expect(attachStudy(asked, 'P-00000001')).not.toHaveProperty('proposedVisitId')
    const again = retryStudy(asked)
    expect(again.ok && again.value.questions).toEqual(asked.questions)
    const answered = answerStudy(asked, { laterality: 'L' })
    expect(answered.ok && answered.value.questions).toEqual(asked.questions)
  })

  it('about the eye is answered by the eye', () => {
    const answered = answerStudy(study({ questions: [{ code: 'laterality-conflict', text: 'Which?' }] }), { laterality: 'L' })
    expect(answered.ok && answered.value.questions).toEqual([])
  })
})
