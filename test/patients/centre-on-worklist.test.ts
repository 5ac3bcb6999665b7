import { describe, expect, it } from 'vitest'
import type { Patient } from '../../src/domain/patient.js'
import type { WorklistItem } from '../../src/domain/worklist.js'
import { todaysWorklist } from '../../src/patients/todays-worklist.js'

const now = new Date(2026, 4, 20, 12)
const amina: Patient = { id: 'P-00000001', revision: 1, registeredAt: new Date(2026, 4, 20, 9).toISOString(), registeredBy: 'nurse', name: 'Phantom Amina', identifier: 'C 17', sex: 'F', birthDate: '1980-02-03' }
const patients = {
  search: () => [amina], find: (id: string) => (id === amina.id ? amina : undefined),
  findByIdentifier: (number: string) => (number.replaceAll(' ', '') === 'C17' ? amina : undefined)
}
const order: WorklistItem = { patientId: 'C17', patientName: 'PHANTOM AMINA', sex: 'F', birthDate: '1980-02-03', date: '2026-05-20', time: '10:00', modality: 'DX', accessionNumber: 'ACC1', studyInstanceUid: '2.25.17' }
const list = (centre: readonly WorklistItem[], query = {}) => todaysWorklist({ patients, centre: () => centre }, now, query)

describe('the centre\'s orders among the clinic\'s own people', () => {
  it('come under our own number where the centre\'s is a registered person\'s, and keep their order', () => {
    expect(list([order])).toEqual([{ ...order, patientId: 'P-00000001', patientName: 'Phantom Amina' }])
  })

  it('are never matched by name', () => {
    const stranger = { ...order, patientId: 'C18', patientName: 'Phantom Amina' }
    expect(list([stranger])).toEqual([expect.objectContaining({ patientId: 'P-00000001', time: '09:00' }), stranger])
  })

  it('are not matched where birth date or sex say that the number is another person\'s', () => {
    for (const other of [{ birthDate: '1999-09-09' }, { sex: 'M' as const }]) expect(list([{ ...order, ...other }]).map(({ patientId }) => patientId)).toEqual(['P-00000001', 'C17'])
  })

  it('are shown for today alone, and hide nobody from a device that they are not for', () => {
    expect(list([{ ...order, date: '2026-05-21' }]).map(({ accessionNumber }) => accessionNumber)).toEqual([undefined])
    expect(list([order], { modality: 'US' }).map(({ patientId, accessionNumber }) => [patientId, accessionNumber])).toEqual([['P-00000001', undefined]])
  })
})
