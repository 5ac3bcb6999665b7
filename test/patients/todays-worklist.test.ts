import { describe, expect, it } from 'vitest'
import type { Patient } from '../../src/domain/patient.js'
import type { Visit } from '../../src/domain/visit.js'
import { takeOf } from '../../src/domain/visit.js'
import { todaysWorklist } from '../../src/patients/todays-worklist.js'

const patient = (id: string, name: string, registeredAt: Date): Patient =>
  ({ id, revision: 1, registeredAt: registeredAt.toISOString(), registeredBy: 'amina', name, sex: 'F', birthDate: '1980-02-03' })
const now = new Date(2026, 4, 20, 12)
const people = [patient('P-00000001', 'Amina', new Date(2026, 4, 20, 9, 5)), patient('P-00000002', 'Baraka', new Date(2026, 4, 19, 23, 59))]
const patients = { search: () => people, find: (id: string) => people.find((person) => person.id === id), findByIdentifier: (number: string) => people.find(({ identifier }) => identifier === number) }
const visit = (more: Partial<Visit>): Visit => ({
  formatVersion: 1, id: 'V-20260520-00000001', revision: 1, patientId: 'P-00000002', openedBy: 'amina', openedAt: new Date(2026, 4, 20, 10, 30).toISOString(),
  timeUncertain: false, claims: [], steps: [], deviceNumbers: [], ...more
})
const withVisit = (more: Partial<Visit>) => ({
  patients, visits: { openVisits: () => [visit(more)] }, modalityOf: (id: string) => (id === 'tuberculosis' ? 'cxr' as const : undefined)
})
const claim = (code: string) => ({ station: 'camera', by: 'amina', usedAt: now.toISOString(), take: takeOf(code)! })

describe('the worklist of today', () => {
  it('shows who was registered today, with the time of the clinic', () => {
    expect(todaysWorklist({ patients }, now, {})).toEqual([
      { patientId: 'P-00000001', patientName: 'Amina', sex: 'F', birthDate: '1980-02-03', date: '2026-05-20', time: '09:05' }
    ])
  })
  it('obeys the device\'s keys', () => expect(todaysWorklist({ patients }, now, { patientName: 'B*' })).toEqual([]))

  it('puts who has an open visit first, whenever they were registered', () => {
    expect(todaysWorklist(withVisit({}), now, {}).map(({ patientId, time }) => [patientId, time])).toEqual([['P-00000002', '10:30'], ['P-00000001', '09:05']])
  })

  it('lists a visit under today though it was opened before midnight', () => {
    expect(todaysWorklist(withVisit({ openedAt: new Date(2026, 4, 19, 23, 50).toISOString() }), now, { from: '2026-05-20', to: '2026-05-20' })[0]).toMatchObject({ patientId: 'P-00000002', date: '2026-05-20' })
  })

  it('names the procedure, in whichever modality a device of that kind asks for', () => {
    expect(todaysWorklist(withVisit({ programme: 'tuberculosis' }), now, { modality: 'CR' })[0]).toMatchObject({ patientId: 'P-00000002', modality: 'CR', description: 'Chest X-ray, PA' })
    expect(todaysWorklist(withVisit({ programme: 'tuberculosis' }), now, {})[0]).toMatchObject({ modality: 'DX' })
  })

  it('does not show a visit for an X-ray on an ultrasound machine', () => {
    expect(todaysWorklist(withVisit({ programme: 'tuberculosis' }), now, { modality: 'US' }).map(({ patientId }) => patientId)).toEqual(['P-00000001'])
  })

  it('shows who has a visit under a record that was merged once, not as registered today besides', () => {
    const merged = { ...patients, find: (id: string) => patients.find(id === 'P-0000000M' ? 'P-00000001' : id) }
    expect(todaysWorklist({ ...withVisit({ patientId: 'P-0000000M' }), patients: merged }, now, {}).map(({ patientId, time }) => [patientId, time])).toEqual([['P-00000001', '10:30']])
  })

  it('shows a line for each thing to be taken', () => {
    expect(todaysWorklist(withVisit({ claims: [claim('eye-left'), claim('lung-r1')] }), now, {}).map(({ modality }) => modality)).toEqual(['OP', 'US', undefined])
  })
})
