import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStudyCommands } from '../../src/patients/commands.js'
import { createPatientMerges } from '../../src/patients/merge.js'
import { PatientRegistry } from '../../src/patients/patients.js'
import { Visits } from '../../src/patients/visits.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { newStudy, openStore } from '../store/studies.js'

let folder: string
let store: StudyStore
let patients: PatientRegistry
let visits: Visits
const who = { by: 'doctor' }
const parts = () => ({ store, patients, visits, clock: systemClock })
const person = async (name: string): Promise<string> => {
  const made = await patients.register({ name, village: 'Kondele' }, 'nurse')
  if (!made.ok) throw new Error(made.error.message)
  return made.value.id
}
const openVisit = async (patientId: string): Promise<string> => (await visits.start({ patientId }, 'nurse')).id
const newStudyOf = async (patientId: string): Promise<string> => (await store.create(await newStudy(folder, { patientId }))).id
const documentOf = (study: string): string => join(folder, 'studies', study.slice(0, 4), study.slice(4, 6), study, 'study.json')
const studiesOf = (patientId: string): string[] => store.list({ patientId }).studies.map(({ id }) => id).toSorted()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-merge-'))
  store = await openStore(folder)
  patients = await PatientRegistry.open({ folder: join(folder, 'patients'), clock: systemClock })
  visits = await Visits.open({ folder: join(folder, 'visits'), clock: systemClock, log: silentLog, clockTrusted: () => true, patients })
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe('merging two records of one person', () => {
  it('gives the studies to the one kept, finds it under both names, and says so in every history', async () => {
    const [keep, duplicate] = [await person('Grace Wanjiru'), await person('Wanjiru G.')]
    const study = await newStudyOf(duplicate)
    const own = await newStudyOf(keep)
    expect(await createStudyCommands(parts()).merge({ keep, duplicate }, who)).toMatchObject({ ok: true, value: { id: keep } })
    expect(studiesOf(keep)).toEqual([study, own].toSorted())
    expect(patients.search('wanjiru g').map(({ id }) => id)).toEqual([keep])
    expect(patients.search('').map(({ id }) => id)).toEqual([keep])
    expect(patients.find(duplicate)?.id).toBe(keep)
    expect((await store.read(study)).history.at(-1)).toMatchObject({ event: 'patient.merged', by: 'doctor' })
    expect([patients.get(keep), patients.get(duplicate)].map(({ history }) => history?.at(-1)?.event)).toEqual(['merged-from', 'merged-into'])
  })

  it('is taken apart again: each study goes back unless somebody attached it elsewhere since', async () => {
    const [keep, duplicate, third] = [await person('Grace'), await person('Grac'), await person('Joseph')]
    const [back, elsewhere] = [await newStudyOf(duplicate), await newStudyOf(duplicate)]
    const commands = createStudyCommands(parts())
    await commands.merge({ keep, duplicate }, who)
    await commands.attach(elsewhere, third, who)
    const later = await newStudyOf(keep)
    expect(await commands.unmerge(duplicate, 'doctor')).toMatchObject({ ok: true })
    expect([studiesOf(duplicate), studiesOf(third), studiesOf(keep)]).toEqual([[back], [elsewhere], [later]])
    expect(patients.find(duplicate)?.id).toBe(duplicate)
  })

  it('gives back what came meanwhile under the number of the record that was merged by mistake', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    const commands = createStudyCommands(parts())
    await commands.merge({ keep, duplicate }, who)
    const dicom = { patientId: duplicate, sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: '1.2.840.10008.1.2.1' }
    const numbered = (await store.create(await newStudy(folder, { patientId: keep, dicom }))).id
    const own = await newStudyOf(keep)
    await commands.unmerge(duplicate, 'doctor')
    expect([studiesOf(duplicate), studiesOf(keep)]).toEqual([[numbered], [own]])
  })

  it('gives back what came meanwhile in a visit of the record that was merged by mistake', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    const [theirs, other] = [await openVisit(duplicate), await openVisit(keep)]
    const commands = createStudyCommands(parts())
    await commands.merge({ keep, duplicate }, who)
    const inVisit = async (visitId: string): Promise<string> => (await store.create(await newStudy(folder, { patientId: keep, visitId }))).id
    const [came, own, placed] = [await inVisit(theirs), await inVisit(other), await inVisit(theirs)]
    await commands.attach(placed, keep, who)
    await commands.unmerge(duplicate, 'doctor')
    expect([studiesOf(duplicate), studiesOf(keep)]).toEqual([[came], [own, placed].toSorted()])
  })

  it('keeps what only the record that goes said of the person: age, pregnancy, a lost eye; and gives it back when taken apart', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    await patients.update(keep, { name: 'Grace', pregnancy: 'no' })
    await patients.change(keep, { by: 'nurse', event: 'changed' }, (patient) => ({ ...patient, pregnancy: { answer: 'no', onDate: '2020-01-01' } }))
    await patients.update(duplicate, { name: 'Grac', sex: 'F', birthDate: '1980-05-31', pregnancy: 'yes' })
    const commands = createStudyCommands(parts())
    await commands.excuseEye(duplicate, { side: 'L', excuse: 'no-eye' }, who)
    await commands.excuseEye(keep, { side: 'R', excuse: 'declined' }, who)
    const film = await newStudyOf(keep)
    await store.change(film, { by: 'system', event: 'analysed' }, (now) => ({ ...now, state: 'ready', modality: 'cxr', questions: [{ code: 'age-unknown', text: '' }] }))
    const before = patients.get(keep)
    const merged = await commands.merge({ keep, duplicate }, who)
    expect(merged).toMatchObject({ ok: true, value: { sex: 'F', birthDate: '1980-05-31', pregnancy: { answer: 'yes' }, eyeExcuses: { L: { excuse: 'no-eye' }, R: { excuse: 'declined' } } } })
    expect((await store.read(film)).state).toBe('received')
    await commands.unmerge(duplicate, 'doctor')
    const { history: _history, revision: _revision, ...apart } = patients.get(keep)
    expect(before).toMatchObject(apart)
    expect(patients.get(duplicate)).toMatchObject({ sex: 'F', birthDate: '1980-05-31', pregnancy: { answer: 'yes' } })
  })

  it('takes back nothing that somebody said of the record that stays since, nor what it had said itself', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    await patients.update(keep, { name: 'Grace', sex: 'F' })
    await patients.update(duplicate, { name: 'Grac', sex: 'F', ageYears: 40 })
    const commands = createStudyCommands(parts())
    await commands.merge({ keep, duplicate }, who)
    expect(patients.get(keep)).toMatchObject({ age: { years: 40 } })
    await commands.updatePatient(keep, { name: 'Grace', sex: 'F', ageYears: 52 }, who)
    await commands.unmerge(duplicate, 'doctor')
    expect(patients.get(keep)).toMatchObject({ sex: 'F', age: { years: 52 } })
  })

  it('has the record that stays know what the other said of the person also after a power cut between the two', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    await patients.update(duplicate, { name: 'Grac', ageYears: 9 })
    await patients.change(duplicate, { by: 'doctor', event: 'merged-into', detail: keep }, (patient) => ({ ...patient, merged: { into: keep, at: '2026-01-01T00:00:00.000Z', by: 'doctor', studies: [], gave: ['age'] } }))
    patients = await PatientRegistry.open({ folder: join(folder, 'patients'), clock: systemClock })
    await createPatientMerges(parts()).finish()
    expect(patients.get(keep)).toMatchObject({ age: { years: 9 } })
    await patients.update(keep, { name: 'Grace' })
    await createPatientMerges(parts()).finish()
    expect(patients.get(keep).age).toBeUndefined()
  })

  it('is finished after a power cut, and survives a restart', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    const study = await newStudyOf(duplicate)
    await patients.change(duplicate, { by: 'doctor', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: keep, at: '2026-01-01T00:00:00.000Z', by: 'doctor', studies: [study] } }))
    patients = await PatientRegistry.open({ folder: join(folder, 'patients'), clock: systemClock })
    expect(await createPatientMerges(parts()).finish()).toEqual({ moved: 1, failed: 0 })
    expect(studiesOf(keep)).toEqual([study])
    expect(await createPatientMerges(parts()).finish()).toEqual({ moved: 0, failed: 0 })
  })

  it('is finished at a start past one whose document is damaged and one that can not be written, whatever else was merged', async () => {
    const [keep, duplicate, third, fourth] = [await person('Grace'), await person('Grac'), await person('Joseph'), await person('Jose')]
    const [damaged, jammed, study, other] = [await newStudyOf(duplicate), await newStudyOf(duplicate), await newStudyOf(duplicate), await newStudyOf(fourth)]
    await patients.change(duplicate, { by: 'doctor', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: keep, at: '2026-01-01T00:00:00.000Z', by: 'doctor', studies: [damaged, jammed, study] } }))
    await patients.change(fourth, { by: 'doctor', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: third, at: '2026-01-01T00:00:00.000Z', by: 'doctor', studies: [other] } }))
    await writeFile(documentOf(damaged), '{')
    await mkdir(join(`${documentOf(jammed)}.previous`, 'full'), { recursive: true })
    expect(await createPatientMerges(parts()).finish()).toEqual({ moved: 2, failed: 1 })
    expect([studiesOf(keep), studiesOf(third)]).toEqual([[study], [other]])
  })

  it('gives the other studies, also where the document of one is damaged', async () => {
    const [keep, duplicate] = [await person('Grace'), await person('Grac')]
    const studies = [await newStudyOf(duplicate), await newStudyOf(duplicate), await newStudyOf(duplicate)]
    await writeFile(documentOf(studies[1]!), '{')
    expect(await createStudyCommands(parts()).merge({ keep, duplicate }, who)).toMatchObject({ ok: true })
    expect(studiesOf(keep)).toEqual([studies[0], studies[2]].toSorted())
  })

  it('is done once where two people merge the pair at the same moment, each into the other record', async () => {
    const [one, two] = [await person('Ada'), await person('Ade')]
    const study = await newStudyOf(two)
    const { merge } = createStudyCommands(parts())
    const both = await Promise.all([merge({ keep: one, duplicate: two }, who), merge({ keep: two, duplicate: one }, { by: 'other' })])
    expect(both).toMatchObject([{ ok: true }, { ok: false, error: { code: 'merged-already' } }])
    expect([patients.find(one)?.id, patients.find(two)?.id, patients.search('').map(({ id }) => id), studiesOf(one)]).toEqual([one, one, [one], [study]])
  })

  it('refuses the same record, a merged one, and a record that others were merged into', async () => {
    const [one, two, three] = [await person('Ada'), await person('Bea'), await person('Cleo')]
    const { merge } = createStudyCommands(parts())
    expect(await merge({ keep: one, duplicate: one }, who)).toMatchObject({ ok: false, error: { code: 'same-record' } })
    await merge({ keep: one, duplicate: two }, who)
    expect(await merge({ keep: three, duplicate: two }, who)).toMatchObject({ ok: false, error: { code: 'merged-already' } })
    expect(await merge({ keep: three, duplicate: one }, who)).toMatchObject({ ok: false, error: { code: 'has-merged' } })
    await expect(merge({ keep: one, duplicate: three }, { ...who, expectedRevision: 9 })).rejects.toThrow('changed meanwhile')
  })
})

describe('a record', () => {
  it('keeps who said that an eye is not photographed, and takes it back', async () => {
    const id = await person('Grace')
    const { excuseEye } = createStudyCommands(parts())
    expect(await excuseEye(id, { side: 'L', excuse: 'no-eye' }, who)).toMatchObject({ eyeExcuses: { L: { excuse: 'no-eye', by: 'doctor' } }, revision: 2 })
    expect((await excuseEye(id, { side: 'L' }, who)).eyeExcuses).toEqual({})
    await expect(excuseEye(id, { side: 'R', excuse: 'declined' }, { ...who, expectedRevision: 1 })).rejects.toThrow('changed meanwhile')
  })

  it('loses nothing when its form is filled in again', async () => {
    const id = await person('Grace')
    await createStudyCommands(parts()).excuseEye(id, { side: 'L', excuse: 'no-eye' }, who)
    const changed = await patients.update(id, { name: 'Grace W.', sex: 'F', pregnancy: 'yes' }, { by: 'nurse', expectedRevision: 2 })
    expect(changed).toMatchObject({ ok: true, value: { name: 'Grace W.', pregnancy: { answer: 'yes' }, eyeExcuses: { L: { excuse: 'no-eye' } }, revision: 3 } })
    expect(patients.get(id).history?.map(({ event }) => event)).toEqual(['eye-excused', 'changed'])
  })
})
