import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { Board } from '../../src/uplink/board.js'
import { mayLeave } from '../../src/uplink/gate.js'
import { sampleStudy } from '../report/sample-study.js'
import { delivery } from './samples.js'

const moment = { minuteOfDay: 0, metered: false, bytesToday: 0, nowMs: 0 }
const asked: Study = {
  ...sampleStudy, deliveries: [delivery, { ...delivery, kind: 'image', sopInstanceUid: '2.25.7' }], questions: [{ code: 'laterality-conflict', text: 'Choose the eye.' }],
  dicom: { ...sampleStudy.dicom!, laterality: 'L' }
}
const leaving = (study: Study): string[] => {
  const board = new Board(['pacs'])
  board.put(study)
  return board.outstanding('pacs').filter((item) => mayLeave({ onlyUnmetered: false }, item, moment)).map((item) => item.delivery.kind)
}

describe('while a nurse is asked which eye a received object is', () => {
  it('its report leaves, which says none, and the object does not, which says the device\'s', () => {
    expect(leaving(asked)).toEqual(['sr'])
  })

  it('it leaves as soon as that is answered, and at once where its bytes say no eye', () => {
    expect(leaving({ ...asked, questions: [], answers: { laterality: 'R' } })).toEqual(['sr', 'image'])
    const { laterality: _none, ...silent } = asked.dicom!
    expect(leaving({ ...asked, dicom: silent })).toEqual(['sr', 'image'])
  })
})
