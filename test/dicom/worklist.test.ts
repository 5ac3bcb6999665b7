import { expect, it } from 'vitest'
import { worklistAnswer } from '../../src/dicom/worklist.js'

const person = { patientId: 'P-0000000A', patientName: 'Phantom Amina', date: '2026-03-01', description: 'Chest PA' }

it('an order of the centre is answered under its own accession number and study', () => {
  expect(worklistAnswer({ ...person, accessionNumber: 'ACC1', studyInstanceUid: '2.25.17' }, { AccessionNumber: '' })).toMatchObject({ AccessionNumber: 'ACC1', StudyInstanceUID: '2.25.17' })
})

it('two orders of one person are two requested procedures', () => {
  const ids = ['ACC1', 'ACC2'].map((accessionNumber) => worklistAnswer({ ...person, accessionNumber }, {})['RequestedProcedureID'])
  expect(new Set(ids).size).toBe(2)
})
