import { describe, expect, it } from 'vitest'
import { answerStudy, attachStudy, giveStudy, retryStudy } from '../../src/domain/study-changes.js'
import type { Study } from '../../src/domain/study.js'
import { verdictOf } from '../../src/domain/study.js'
import { referralsWithoutOutcome } from '../../src/programmes/due.js'
import { summarise } from '../../src/store/summary.js'

const study: Study = {
  formatVersion: 1, id: '20260101-00000000', revision: 3, state: 'ready', receivedAt: '2026-01-01T00:00:00.000Z', timeUncertain: false, sequence: 1,
  source: { kind: 'cli', deviceId: 'cli' }, object: { name: 'a.dcm', sha256: 'a', bytes: 1, content: 'dicom', fingerprint: 'a' },
  answers: {}, modality: 'cxr', attempts: 1, reviews: [], history: [],
  questions: [{ code: 'age-unknown', text: 'How old?' }, { code: 'same-uid-other-content', text: 'Compare both.' }]
}

describe('attaching a patient', () => {
  it('has a chest film read again, because the pack has a least age', () => {
    expect(attachStudy(study, 'P-00000000')).toMatchObject({ patientId: 'P-00000000', state: 'received', attempts: 0 })
  })
  it('leaves an eye photograph\'s verdict as it is', () => {
    expect(attachStudy({ ...study, modality: 'fundus' }, 'P-00000000')).toMatchObject({ patientId: 'P-00000000', state: 'ready' })
  })
  it('detaches', () => expect(attachStudy({ ...study, patientId: 'P-00000000' }, undefined)).not.toHaveProperty('patientId'))
})

describe('reading again', () => {
  it('keeps the warning that another object has the same number', () => {
    const again = retryStudy(study)
    expect(again.ok && again.value.questions.map(({ code }) => code)).toEqual(['same-uid-other-content'])
  })

  describe('an image whose bytes are in the archive', () => {
    const clear = { level: 'routine' as const, text: '' }
    const photo: Study = { ...study, modality: 'fundus', laterality: 'L', questions: [], triage: clear, evicted: { at: '2026-01-02', archives: ['pacs'] } }

    it('is not done, since the verdict would be lost: the other eye is written down, and the verdict stays', () => {
      const corrected = answerStudy(photo, { laterality: 'R' })
      expect(corrected).toMatchObject({ ok: true, value: { state: 'ready', answers: { laterality: 'R' }, firstLaterality: 'L' } })
      expect(corrected.ok && verdictOf(corrected.value)).toEqual(clear)
    })

    it('is refused where nothing else would come of it', () => {
      for (const refused of [retryStudy(photo), answerStudy(photo, { packId: 'tb-chest' }), answerStudy(photo, { ageYears: 40, laterality: 'R' })]) expect(refused).toMatchObject({ ok: false, error: { code: 'object-evicted' } })
    })
  })
})

describe('an image that turns out to be somebody else’s', () => {
  const answers = { programme: 'tuberculosis', version: 1, at: '2026-01-01', by: 'amina', answers: { hiv: 'positive' }, escalations: [{ level: 'soon' as const, text: 'Test sputum.' }] }
  const of = (patientId: string | undefined): Study => ({ ...study, ...(patientId ? { patientId } : {}), answers: { ageYears: 40, laterality: 'L' }, programmeAnswers: answers })

  it('forgets the age that was said of the first one, and keeps what was said of the picture', () => {
    expect(attachStudy(of('P-00000000'), 'P-00000001').answers).toEqual({ laterality: 'L' })
    expect(attachStudy(of('P-00000000'), undefined).answers).toEqual({ laterality: 'L' })
    expect(attachStudy(of(undefined), 'P-00000001').answers).toEqual({ ageYears: 40, laterality: 'L' })
  })

  it('marks the answers as another person’s, and lets what they ask for stand', () => {
    expect(attachStudy(of('P-00000000'), 'P-00000001').programmeAnswers).toEqual({ ...answers, ofAnother: true })
    expect(attachStudy(of('P-00000000'), 'P-00000000').programmeAnswers).toEqual(answers)
  })

  const entered = (value: string, text: string) => ({ outcomes: [{ at: '2026-01-02', by: 'amina', kind: 'xpert', value, onDate: '2026-01-02' }], notes: [{ at: '2026-01-02', by: 'amina', text }] })
  const anna = entered('mtb-not-detected', 'Coughs no more.')
  const [fromAnna, berta] = [{ ...of('P-0000000A'), ...anna }, 'P-0000000B']

  it('brings no result and no note of the first one, and keeps them under that person', () => {
    for (const to of [berta, undefined]) {
      const given = attachStudy(fromAnna, to)
      expect([given.outcomes, given.notes, given.saidOfOthers]).toEqual([undefined, undefined, [{ patientId: 'P-0000000A', ...anna }]])
    }
  })

  it('has them again when it comes back, without what was entered of the other meanwhile', () => {
    const later = entered('mtb-detected', 'Lost weight.')
    const back = attachStudy({ ...attachStudy(fromAnna, berta), ...later }, 'P-0000000A')
    expect(back).toMatchObject({ ...anna, saidOfOthers: [{ patientId: berta, ...later }] })
    expect(attachStudy(attachStudy(fromAnna, undefined), 'P-0000000A')).toMatchObject(anna)
    expect(attachStudy(attachStudy(fromAnna, undefined), 'P-0000000A')).not.toHaveProperty('saidOfOthers')
  })

  it('has them again where that person’s record was merged into another meanwhile', () => {
    const merged = 'P-0000000C'
    const back = attachStudy(attachStudy(fromAnna, berta), merged, undefined, (id) => (id === 'P-0000000A' ? merged : id))
    expect(back).toMatchObject({ ...anna, patientId: merged })
    expect(back).not.toHaveProperty('saidOfOthers')
  })

  it('says of what the centre wrote then that it was of another person, until it comes back', () => {
    const overread = { at: '2026-01-02', from: 'pacs', sopInstanceUid: '2.25.1', replaces: [], final: true, lines: [{ about: 'Comparison', text: 'Worse than last year.' }] }
    const read = { ...fromAnna, overreads: [overread] }
    expect(attachStudy(read, berta).overreads).toEqual([{ ...overread, of: 'P-0000000A' }])
    expect(attachStudy(attachStudy(read, undefined), berta).overreads).toEqual([{ ...overread, of: 'P-0000000A' }])
    expect(attachStudy(attachStudy(read, berta), 'P-0000000C', undefined, (id) => (id === 'P-0000000A' ? 'P-0000000C' : id)).overreads).toEqual([overread])
    for (const same of [attachStudy(read, 'P-0000000A'), giveStudy(read, berta), giveStudy(attachStudy(read, berta), 'P-0000000A'), attachStudy({ ...of(undefined), overreads: [overread] }, berta)]) expect(same.overreads).toEqual([overread])
  })

  it('takes what was entered while it was nobody’s to whom it is given, and to the same person’s other record', () => {
    expect(attachStudy({ ...of(undefined), ...anna }, berta)).toMatchObject({ ...anna, patientId: berta })
    expect(giveStudy(fromAnna, berta)).toMatchObject({ ...anna, patientId: berta })
    expect(giveStudy(fromAnna, berta)).not.toHaveProperty('saidOfOthers')
  })

  it('waits for the result of the one whose it is now', () => {
    const urgent: Study = { ...fromAnna, triage: { level: 'urgent', text: 'Test sputum.' } }
    const waiting = (one: Study) => referralsWithoutOutcome([summarise({ ...one, state: 'ready' })], '2026-09-01T00:00:00.000Z').length
    expect([urgent, attachStudy(urgent, berta), attachStudy(attachStudy(urgent, berta), 'P-0000000A')].map(waiting)).toEqual([0, 1, 0])
  })

  it('is not read again where its bytes are in the archive: the verdict would be lost', () => {
    expect(attachStudy({ ...of('P-00000000'), evicted: { at: '2026-01-02', archives: ['pacs'] } }, 'P-00000001').state).toBe('ready')
  })
})
