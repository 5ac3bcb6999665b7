import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Patient } from '../../src/domain/patient.js'
import { ageYearsOn } from '../../src/domain/patient.js'
import { RevisionConflictError } from '../../src/domain/errors.js'
import type { PatientInput } from '../../src/patients/patients.js'
import { PatientRegistry } from '../../src/patients/patients.js'
import { createStudyCommands } from '../../src/patients/commands.js'
import { correctSaidDays } from '../../src/patients/said-days.js'
import { eyesVerdict } from '../../src/programmes/eyes.js'
import { fixedClock } from '../fakes/fixed-clock.js'

let folder: string
let registry: PatientRegistry
const clock = fixedClock()
const open = () => PatientRegistry.open({ folder, clock })
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-patients-'))
  registry = await open()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function add(input: PatientInput): Promise<Patient> {
  const result = await registry.register(input, 'nurse')
  if (!result.ok) throw new Error(result.error.message)
  clock.advance(1000)
  return result.value
}
const names = (text: string): string[] => registry.search(text).map(({ name }) => name)

describe('the registry', () => {
  it('keeps people over a restart, each in a document of its own', async () => {
    const made = await add({ name: '  Wanjirũ  ', sex: 'F', ageYears: '34', village: 'Kibera', phone: '+254 700-123 456' })
    registry = await open()
    expect(registry.get(made.id)).toEqual({ ...made, name: 'Wanjirũ', age: { years: 34, onDate: '2026-03-01' } })
  })

  it('loses one person to a damaged document, not all', async () => {
    const [one, other] = [await add({ name: 'One' }), await add({ name: 'Other' })]
    await writeFile(join(folder, `${one.id}.json`), '{"checksum":"x","data":')
    registry = await open()
    expect(registry.damagedIds).toEqual([one.id])
    expect(() => registry.get(one.id)).toThrow(/damaged/)
    expect(registry.get(other.id).name).toBe('Other')
  })

  it('changes what was seen only', async () => {
    const { id } = await add({ name: 'Ann' })
    expect(await registry.update(id, { name: 'Anna' }, { expectedRevision: 1 })).toMatchObject({ ok: true, value: { name: 'Anna', revision: 2 } })
    await expect(registry.update(id, { name: 'B' }, { expectedRevision: 1 })).rejects.toThrow(RevisionConflictError)
  })

  it('keeps the day on which an age and a pregnancy were said, where a correction only repeats them', async () => {
    const said = { name: 'Ann', sex: 'F', ageYears: 14, pregnancy: 'no' } as const
    const { id, age, pregnancy } = await add(said)
    clock.advance(100 * 86_400_000)
    expect(await registry.update(id, { ...said, phone: '0700' })).toMatchObject({ value: { age, pregnancy } })
    clock.advance(300 * 86_400_000)
    expect(await registry.update(id, { ...said, ageYears: '15', pregnancy: '' })).toMatchObject({ value: { age, pregnancy } })
    const today = clock.now().toISOString().slice(0, 10)
    expect(await registry.update(id, said)).toMatchObject({ value: { age: { years: 14, onDate: today }, pregnancy: { answer: 'no', onDate: today } } })
    expect(await registry.update(id, { name: 'Ann' })).not.toHaveProperty('value.age')
  })

  it('takes any birth date while the clock stands before it, and a corrected one for another age', async () => {
    const uncertain = await PatientRegistry.open({ folder, clock: fixedClock('1970-01-01T00:01:00.000Z'), uncertainTime: () => ({ bootId: 'one', uptimeSeconds: 60 }) })
    const made = await uncertain.register({ name: 'Ann', birthDate: '1980-05-31' }, 'nurse')
    const id = made.ok ? made.value.id : ''
    expect(await uncertain.update(id, { name: 'Ann', birthDate: '2015-05-31' })).toMatchObject({ value: { birthDate: '2015-05-31', history: [{ event: 'changed', detail: 'age' }] } })
  })

  it('warns of a person who is registered already also while the clock stands before their birth', async () => {
    const uncertain = await PatientRegistry.open({ folder, clock: fixedClock('1970-01-01T00:01:00.000Z'), uncertainTime: () => ({ bootId: 'one', uptimeSeconds: 60 }) })
    const made = await uncertain.register({ name: 'Ann', birthDate: '1980-05-31' }, 'nurse')
    expect(uncertain.nearDuplicates({ name: 'Ann', birthDate: '1980-05-31' })).toMatchObject([{ patient: { id: made.ok && made.value.id }, reason: 'same-name' }])
  })

  it('puts the day right on which an age and a pregnancy were said, once it is known what the time was', async () => {
    const boot = { bootId: 'one', uptimeSeconds: 60 }
    const uncertain = await PatientRegistry.open({ folder, clock: fixedClock('1970-01-01T00:01:00.000Z'), uncertainTime: () => boot })
    const child = await uncertain.register({ name: 'Ann', sex: 'F', ageYears: 10, pregnancy: 'yes' }, 'nurse')
    const id = child.ok ? child.value.id : ''
    const later = await PatientRegistry.open({ folder, clock })
    expect(ageYearsOn(later.get(id), '2026-03-01')).toBe(10)
    expect(await correctSaidDays(later, ({ bootId }) => (bootId === 'two' ? new Date() : undefined))).toBe(0)
    expect(later.get(id)).toMatchObject({ revision: 1, age: { clock: boot } })
    await correctSaidDays(later, ({ bootId }) => (bootId === 'one' ? new Date('2026-02-27T08:00:00.000Z') : undefined))
    expect(later.get(id)).toMatchObject({ age: { years: 10, onDate: '2026-02-27' }, pregnancy: { answer: 'yes', onDate: '2026-02-27' } })
    expect(later.get(id)).not.toHaveProperty('age.clock')
    expect(ageYearsOn(later.get(id), '2027-03-01')).toBe(11)
  })

  it('puts the time right at which an eye was excused: by a clock in 1970 the person was called back for a photo that they had declined', async () => {
    const boot = { bootId: 'one', uptimeSeconds: 60 }
    const then = fixedClock('1970-01-01T00:01:00.000Z')
    const patients = await PatientRegistry.open({ folder, clock: then, uncertainTime: () => boot })
    const made = await patients.register({ name: 'Ann' }, 'nurse')
    const id = made.ok ? made.value.id : ''
    const { excuseEye } = createStudyCommands({ patients, clock: then } as unknown as Parameters<typeof createStudyCommands>[0])
    await excuseEye(id, { side: 'L', excuse: 'declined' }, { by: 'nurse' })
    const taken = { id: 'a', sequence: 1, side: 'R', receivedAt: '2026-02-27T08:01:00.000Z', outcome: 'clear', level: 'routine', text: '' } as const
    expect(eyesVerdict([taken], patients.get(id).eyeExcuses)?.verdict).toBe('incomplete')
    await correctSaidDays(patients, () => new Date('2026-02-27T08:00:00.000Z'))
    expect(patients.get(id).eyeExcuses).toEqual({ L: { excuse: 'declined', by: 'nurse', at: '2026-02-27T08:00:00.000Z' } })
    expect(eyesVerdict([taken], patients.get(id).eyeExcuses)?.verdict).toBe('not-referable')
  })

  it('takes two changes at once for one after the other', async () => {
    const { id } = await add({ name: 'Ann' })
    await Promise.all([registry.update(id, { name: 'Anna' }), registry.update(id, { name: 'Anne' })])
    expect(registry.get(id).revision).toBe(3)
  })

  it.each([
    [{ name: ' ' }, 'name'], [{ name: 'A', sex: 'X' }, 'sex'], [{ name: 'A', birthDate: '2001-02-30' }, 'birthDate'],
    [{ name: 'A', birthDate: '2030-01-01' }, 'birthDate'], [{ name: 'A', ageYears: 200 }, 'ageYears'], [{ name: 'x'.repeat(201) }, 'name']
  ])('says which field is wrong: %o', async (input, path) => {
    expect(await registry.register(input, 'nurse')).toMatchObject({ ok: false, error: { path } })
  })
})

describe('a search', () => {
  it.each([
    ['José Álvarez', 'jose alv'], ['محمد عبد الله', 'مُحَمَّد'], ['ประเสริฐ ใจดี', 'ประเสริฐ'], ['Нгуен Ёлкина', 'елк'], ['王小明', '小明'], ['प्रिया शर्मा', 'शर्मा'], ['Đặng Thị', 'dang']
  ])('finds %s by %s', async (name, text) => {
    await add({ name: 'Somebody Else' })
    await add({ name })
    expect(names(text)).toEqual([name])
  })

  it('finds by number in any digits, by village, and the exact number first', async () => {
    await add({ name: 'A', identifier: 'KE-0012345' })
    await add({ name: 'B', identifier: '00123', village: 'Kibera' })
    expect(names('ke 0012345')).toEqual(['A'])
    expect(names('٠٠١٢٣')[0]).toBe('B')
    expect(names('kibe')).toEqual(['B'])
    expect(names('nothing')).toEqual([])
  })

  it('by the number of the clinic finds the person who was registered twice under it, once the records are merged', async () => {
    const [keep, twice] = [await add({ name: 'Amina Juma', identifier: 'KE-17' }), await add({ name: 'Amina J.', identifier: 'KE 17' })]
    expect(registry.findByIdentifier('KE17')).toBeUndefined()
    await registry.change(twice.id, { by: 'doctor', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: keep.id, at: '2026-03-01T08:00:00.000Z', by: 'doctor', studies: [] } }))
    expect(registry.findByIdentifier('KE17')?.id).toBe(keep.id)
  })

  it('by the number of the clinic finds the person whose merged record alone has it', async () => {
    const [keep, twice] = [await add({ name: 'Amina Juma' }), await add({ name: 'Amina J.', identifier: 'KE 17' })]
    await registry.change(twice.id, { by: 'doctor', event: 'merged-into' }, (patient) => ({ ...patient, merged: { into: keep.id, at: '2026-03-01T08:00:00.000Z', by: 'doctor', studies: [] } }))
    expect(registry.findByIdentifier('KE17')?.id).toBe(keep.id)
  })

  it('shows the newest for an empty text', async () => {
    await add({ name: 'First' })
    await add({ name: 'Second' })
    expect(names('')).toEqual(['Second', 'First'])
  })
})

describe('a near duplicate', () => {
  const reasons = (input: PatientInput): string[] => registry.nearDuplicates(input).map(({ reason }) => reason)
  it('is the same number, the same name in another order, or one letter off', async () => {
    await add({ name: 'Fatuma Hassan', sex: 'F', ageYears: 40, identifier: '77-1', phone: '0700 1' })
    expect(reasons({ name: 'Other', identifier: '771' })).toEqual(['same-identifier'])
    expect(reasons({ name: 'hassan FATUMA', ageYears: 41 })).toEqual(['same-name'])
    expect(reasons({ name: 'Fatma Hassan', ageYears: 41 })).toEqual(['similar-name'])
  })

  it('is not a person of another sex or age, nor one of a short name alike', async () => {
    await add({ name: 'Fatuma Hassan', sex: 'F', ageYears: 40 })
    await add({ name: 'Ali Bo' })
    expect(reasons({ name: 'Fatuma Hassan', sex: 'M' })).toEqual([])
    expect(reasons({ name: 'Fatuma Hassan', ageYears: 12 })).toEqual([])
    expect(reasons({ name: 'Ali Ba' })).toEqual([])
  })
})
