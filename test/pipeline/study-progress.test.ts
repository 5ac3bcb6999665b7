import { describe, expect, it } from 'vitest'
import type { Reading } from '../../src/domain/reading.js'
import { lateralityOf, type Study } from '../../src/domain/study.js'
import { finishReading } from '../../src/pipeline/study-progress.js'
import { sampleStudy } from '../report/sample-study.js'

const outcome = { triage: { level: 'routine', text: '' }, askAge: false } as const
const reading: Reading = { ...sampleStudy.reading!, modality: 'fundus', laterality: undefined }
const study = (fields: Partial<Study>): Study => ({ ...sampleStudy, questions: [], answers: {}, laterality: undefined, ...fields })
const asked = ({ questions }: Study): string[] => questions.map(({ code }) => code)

describe('which eye it is', () => {
  it('follows from the optic disc when nobody said, and nothing is asked', () => {
    const done = finishReading(study({}), { ...reading, laterality: 'R', eyeByDisc: 'R' }, outcome)
    expect([lateralityOf(done), done.lateralityFromDisc, asked(done), done.state]).toEqual(['R', true, [], 'ready'])
  })

  it('is asked when device or visit said the other one; what they said stands until a person answers', () => {
    const done = finishReading(study({ laterality: 'L' }), { ...reading, laterality: 'R', eyeByDisc: 'R' }, outcome)
    expect([lateralityOf(done), done.lateralityFromDisc, asked(done), done.state]).toEqual(['L', undefined, ['laterality-conflict'], 'ready'])
    const again = finishReading(done, { ...reading, eyeByDisc: 'R' }, outcome)
    expect(asked(again)).toEqual(['laterality-conflict'])
  })

  it('is what a person answered, whatever the disc shows', () => {
    const done = finishReading(study({ laterality: 'L', answers: { laterality: 'L' } }), { ...reading, eyeByDisc: 'R' }, outcome)
    expect([lateralityOf(done), asked(done)]).toEqual(['L', []])
  })
})
