import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeOf } from '../../src/domain/visit.js'
import { makeDicom, type DicomOptions } from '../generators/dicom.js'
import { temporaryRoot } from '../store/studies.js'
import { House } from './house.js'

let root: string
let house: House
let amina: string
let baraka: string
let visit: string
let sent = 0
beforeEach(async () => {
  root = await temporaryRoot()
  house = await House.open(root)
  amina = await house.register('Amina Wanjiru Juma', { identifier: 'KE-0042', sex: 'F', birthDate: '1980-02-03' })
  baraka = await house.register('Baraka Otieno', { identifier: 'KE-0077', sex: 'M' })
  visit = (await house.visits.start({ patientId: amina }, 'nurse-1')).id
})
afterEach(async () => {
  await house[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})
const hold = async (take?: string, station = 'camera', id = visit) => {
  const chosen = take === undefined ? undefined : takeOf(take)!
  const held = await house.visits.hold(id, { station, ...(chosen ? { take: chosen } : {}) }, 'nurse-1')
  if (!held.ok) throw new Error(held.error.code)
}
const dicom = (options: DicomOptions) => house.receive({ bytes: makeDicom({ sopInstanceUid: `1.2.3.${(sent += 1)}`, patientId: '', patientName: '', patientBirthDate: '', patientSex: '', ...options }) })
const whose = ({ patientId, visitId }: { patientId?: string; visitId?: string }) => ({ patientId, visitId })
const nobody = { patientId: undefined, visitId: undefined }

describe('an image from a device', () => {
  it('that a visit holds is attached to patient, visit and what is taken, in the document that makes it durable', async () => {
    await hold('eye-left')
    expect(await house.receive({})).toMatchObject({ revision: 1, patientId: amina, visitId: visit, take: 'eye-left', laterality: 'L' })
  })

  it('that no visit holds waits for a nurse, and so does one of another device', async () => {
    expect(whose(await house.receive({}))).toEqual(nobody)
    await hold('eye-left')
    expect(whose(await house.receive({ deviceId: 'other' }))).toEqual(nobody)
  })

  it('is one of several behind a receiver by its AE title', async () => {
    await hold('lung-r1', 'dicom:PROBE1')
    const from = (callingAeTitle: string) => house.receive({ source: { kind: 'dicom', deviceId: 'dicom', callingAeTitle } })
    expect(whose(await from('PROBE2'))).toEqual(nobody)
    expect(await from('PROBE1')).toMatchObject({ patientId: amina, take: 'lung-r1' })
  })

  it('that was begun in an earlier visit stays with that visit', async () => {
    await hold('eye-left')
    await house.visits.close(visit, 'nurse-1')
    const next = await house.visits.start({ patientId: baraka }, 'nurse-1')
    await hold('eye-right', 'camera', next.id)
    expect(await house.receive({ visitId: visit, take: 'eye-left' })).toMatchObject({ patientId: amina, visitId: visit, take: 'eye-left', laterality: 'L' })
    expect(whose(await house.receive({ visitId: null }))).toEqual(nobody)
  })

  it('of which a person or the file’s name says another eye than the image does is asked about, with a visit and without', async () => {
    const sided = () => makeDicom({ sopInstanceUid: `1.2.3.${(sent += 1)}`, patientId: '', patientName: '', patientBirthDate: '', patientSex: '', laterality: 'R' })
    const loose = await house.receive({ bytes: sided(), laterality: 'L' })
    const chosen = await house.receive({ bytes: sided(), laterality: 'L', patientId: amina })
    await hold('eye-left')
    const held = await house.receive({ bytes: sided(), laterality: 'L' })
    for (const study of [loose, chosen, held]) expect([study.laterality, study.questions.map(({ code }) => code)]).toEqual([undefined, ['laterality-conflict']])
    expect((await house.receive({ bytes: sided(), laterality: 'R', patientId: amina })).laterality).toBe('R')
  })

  it('keeps what a person chose for this very file', async () => {
    await hold('eye-left')
    expect(whose(await house.receive({ patientId: baraka }))).toEqual({ patientId: baraka, visitId: undefined })
  })

  it('of a record that was merged goes to the person', async () => {
    const twice = await house.register('Amina Juma')
    const second = await house.visits.start({ patientId: twice }, 'nurse-1')
    await house.patients.change(twice, { by: 'admin', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: amina, at: '2026-03-01T08:00:00.000Z', by: 'admin', studies: [] } }))
    await hold('eye-left', 'camera', second.id)
    expect(await house.receive({})).toMatchObject({ patientId: amina, visitId: second.id })
  })
})

describe('a number inside the image that is ours', () => {
  it('wins over whatever visit is open', async () => {
    await hold('eye-left')
    const other = await house.visits.start({ patientId: baraka }, 'nurse-2')
    const study = await dicom({ patientId: baraka })
    expect(whose(study)).toEqual({ patientId: baraka, visitId: other.id })
    expect(study).not.toHaveProperty('take')
  })

  it('finds the person without any visit', async () => {
    expect(whose(await dicom({ patientId: baraka }))).toEqual({ patientId: baraka, visitId: undefined })
  })

  it('of somebody else than was chosen for the file is a question', async () => {
    const study = await house.receive({ patientId: amina, bytes: makeDicom({ patientId: baraka }) })
    expect(whose(study)).toEqual(nobody)
    expect(study).toMatchObject({ proposedVisitId: visit, questions: [{ code: 'whose-is-this' }] })
  })
})

describe('an identity that a device gave by itself', () => {
  beforeEach(() => hold('chest-pa'))
  it.each<[string, DicomOptions]>([
    ['is nothing', {}],
    ['is a number of the device', { patientId: '20260301-1' }],
    ['is the name of the person, in another order and case', { patientName: 'JUMA^AMINA' }],
    ['is the name with an initial', { patientName: 'Juma^A' }],
    ['is a filler', { patientName: 'ANONYMOUS', patientId: '0000' }],
    ['is the clinic\'s number, whatever the spelling', { patientId: 'ke 0042', patientName: 'Anna^Other' }],
    ['agrees in sex and birth date', { patientSex: 'F', patientBirthDate: '19800203' }]
  ])('does not speak against the visit when it %s', async (_what, options) => {
    expect(await dicom(options)).toMatchObject({ patientId: amina, visitId: visit, questions: [] })
  })

  it.each<[string, DicomOptions]>([
    ['is another name', { patientName: 'Otieno^Baraka' }],
    ['shares only a given name', { patientName: 'Amina^Otieno' }],
    ['is the clinic\'s number of somebody else', { patientId: 'KE-0077' }],
    ['is a number like ours that we never gave', { patientId: 'P-0000000Z' }],
    ['is another birth date', { patientBirthDate: '19791231' }],
    ['is the other sex', { patientSex: 'M' }]
  ])('is a question to the nurse when it %s', async (_what, options) => {
    const study = await dicom(options)
    expect(whose(study)).toEqual(nobody)
    expect(study).toMatchObject({ proposedVisitId: visit, questions: [{ code: 'whose-is-this' }] })
    expect(study).not.toHaveProperty('take')
  })

  it('is a question when the device used it for somebody else, until it turns out to be everybody\'s', async () => {
    const turn = async (patientId: string) => {
      const { id } = await house.visits.start({ patientId }, 'nurse-1')
      await house.visits.hold(id, { station: 'camera', takeOver: true }, 'nurse-1')
      const study = await dicom({ patientId: '1' })
      return { id, study }
    }
    await turn(amina)
    const second = await turn(baraka)
    expect(second.study).toMatchObject({ proposedVisitId: second.id, questions: [{ code: 'whose-is-this' }] })
    await house.visits.noteNumber(second.id, 'camera|1')
    const third = await turn(await house.register('Caro Achieng'))
    expect(third.study).toMatchObject({ visitId: third.id, questions: [] })
  })

  it('is a question too when the device used it for somebody else under two records that were merged, and none for that person', async () => {
    const twice = await house.register('Amina Juma')
    const turn = async (patientId: string) => {
      const { id } = await house.visits.start({ patientId }, 'nurse-1')
      await house.visits.hold(id, { station: 'camera', takeOver: true }, 'nurse-1')
      const study = await dicom({ patientId: '1' })
      await house.visits.noteNumber(id, 'camera|1')
      return { id, study }
    }
    await turn(twice)
    await house.patients.change(twice, { by: 'admin', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: amina, at: '2026-03-01T08:00:00.000Z', by: 'admin', studies: [] } }))
    await Promise.all(house.visits.openVisits().map(({ id }) => house.visits.close(id, 'nurse-1')))
    const own = await turn(amina)
    expect(own.study).toMatchObject({ patientId: amina, visitId: own.id, questions: [] })
    expect((await turn(baraka)).study).toMatchObject({ questions: [{ code: 'whose-is-this' }] })
  })
})

describe('what the image says of itself', () => {
  it('is asked about when it names the other eye', async () => {
    await hold('eye-left')
    const study = await dicom({ modality: 'OP', laterality: 'R' })
    expect(study).toMatchObject({ patientId: amina, questions: [{ code: 'laterality-conflict' }] })
    expect(study).not.toHaveProperty('laterality')
  })

  it('is believed over a button that was for something else', async () => {
    await hold('eye-left')
    const study = await dicom({ modality: 'CR' })
    expect(study).toMatchObject({ patientId: amina, visitId: visit })
    expect([study.take, study.laterality]).toEqual([undefined, undefined])
  })
})

describe('a picture that is older than the visit', () => {
  const OPENED = Date.parse('2026-03-01T08:00:00.000Z')
  const at = (minutes: number): string => new Date(OPENED + minutes * 60_000).toISOString()
  /** As a device writes it: Acquisition DateTime in UTC. */
  const stamped = (minutes: number) => ({ extra: [{ tag: 0x0008002a, vr: 'DT', value: `${at(minutes).replaceAll(/[-:T]/g, '').slice(0, 14)}+0000` }] })
  beforeEach(async () => {
    await hold('eye-left')
    house.clock.advance(20 * 60_000)
  })

  it('is asked about, with the visit as a proposal: a tablet or a device that kept it while there was no link', async () => {
    for (const study of [await house.receive({ takenAt: at(-1) }), await house.receive({ takenAt: at(-1), visitId: visit, take: 'eye-left' }), await dicom(stamped(-15))]) {
      expect(whose(study)).toEqual(nobody)
      expect(study).toMatchObject({ proposedVisitId: visit, questions: [{ code: 'whose-is-this' }] })
      expect([study.take, study.laterality]).toEqual([undefined, undefined])
    }
  })

  it('is one that was taken while another open visit had the device', async () => {
    const next = await house.visits.start({ patientId: baraka }, 'nurse-2')
    house.clock.advance(10 * 60_000)
    await house.visits.hold(next.id, { station: 'camera', takeOver: true }, 'nurse-2')
    expect(await house.receive({ takenAt: at(25) })).toMatchObject({ proposedVisitId: next.id, questions: [{ code: 'whose-is-this' }] })
    await house.visits.hold(next.id, { station: 'camera', take: takeOf('eye-right')! }, 'nurse-2')
    house.clock.advance(10 * 60_000)
    expect(await house.receive({ takenAt: at(31) })).toMatchObject({ patientId: baraka, take: 'eye-right', questions: [] })
  })

  it('is not one that was taken in the visit, by a clock that is some minutes behind or hours ahead', async () => {
    for (const study of [await house.receive({ takenAt: at(1) }), await dicom(stamped(5)), await dicom(stamped(-2)), await dicom(stamped(300))]) {
      expect(study).toMatchObject({ patientId: amina, visitId: visit, questions: [] })
    }
  })

  it('goes to the person who was chosen for it or whose number is in it, and into no visit', async () => {
    for (const study of [await house.receive({ takenAt: at(-1), patientId: amina }), await dicom({ ...stamped(-15), patientId: amina })]) {
      expect(whose(study)).toEqual({ patientId: amina, visitId: undefined })
      expect(study.questions).toEqual([])
    }
  })

  it('counts as taken in it when a person chose it for the visit, or the clock of the machine can not be set', async () => {
    expect(await house.receive({ takenAt: null, visitId: visit, bytes: makeDicom({ sopInstanceUid: '1.9', patientId: '', patientName: '', patientBirthDate: '', patientSex: '', ...stamped(-60) }) })).toMatchObject({ patientId: amina, visitId: visit, questions: [] })
  })
})

describe('a visit that was opened while nobody knew the time', () => {
  it('has no begin that a picture could be older than', async () => {
    await house[Symbol.asyncDispose]()
    house = await House.open(await temporaryRoot(), { trusted: false })
    const person = await house.register('Amina Juma')
    const { id } = await house.visits.start({ patientId: person }, 'nurse-1')
    await house.visits.hold(id, { station: 'camera' }, 'nurse-1')
    expect(await house.receive({ takenAt: '2025-01-01T00:00:00.000Z' })).toMatchObject({ patientId: person, visitId: id })
    await rm(house.root, { recursive: true, force: true })
    house = await House.open(root)
  })
})
