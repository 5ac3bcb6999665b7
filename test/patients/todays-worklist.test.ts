import { describe, expect, it } from 'vitest'
import type { Patient } from '../../src/domain/patient.js'
import { todaysWorklist } from '../../src/patients/todays-worklist.js'

const patient = (id: string, name: string, registeredAt: Date): Patient =>
  ({ id, revision: 1, registeredAt: registeredAt.toISOString(), registeredBy: 'amina', name, sex: 'F', birthDate: '1980-02-03' })
const now = new Date(2026, 4, 20, 12)
const patients = { search: () => [patient('P-00000001', 'Amina', new Date(2026, 4, 20, 9, 5)), patient('P-00000002', 'Baraka', new Date(2026, 4, 19, 23, 59))] }

describe('the worklist of today', () => {
  it('shows who was registered today, with the time of the clinic', () => {
    expect(todaysWorklist(patients, now, {})).toEqual([
      { patientId: 'P-00000001', patientName: 'Amina', sex: 'F', birthDate: '1980-02-03', date: '2026-05-20', time: '09:05' }
    ])
  })
  it('obeys the device\'s keys', () => expect(todaysWorklist(patients, now, { patientName: 'B*' })).toEqual([]))
})
