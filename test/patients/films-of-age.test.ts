import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StudyId } from '../../src/domain/ids.js'
import type { Reading } from '../../src/domain/reading.js'
import { createStudyCommands } from '../../src/patients/commands.js'
import { finishFilmsOfOtherAge, readFilmsOfOtherDay } from '../../src/patients/films-of-age.js'
import { urgentFundus } from '../web/views/samples.js'
import { temporaryRoot } from '../store/studies.js'
import { House } from './house.js'

const who = { by: 'amina' }
const ADULT = { birthDate: '1980-01-01' }
const CHILD = { name: 'Grace Test', birthDate: '2018-01-01' }

describe('a birth date that is put right', () => {
  let root: string
  let house: House
  let id: string
  let films: StudyId[]
  beforeEach(async () => {
    root = await temporaryRoot()
    house = await House.open(root)
    id = await house.register(CHILD.name, ADULT)
    films = [await film(46), await film(46), await film(46)]
  })
  afterEach(async () => {
    await house[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })

  /** Read as of that age, or by a release that did not write down of which. */
  async function film(years?: number): Promise<StudyId> {
    const study = await house.receive({ patientId: id })
    const age: Pick<Reading, 'age'> = years === undefined ? {} : { age: { years, onDate: study.receivedAt.slice(0, 10) } }
    await house.store.change(study.id, { by: 'system', event: 'analysed' }, (now) => ({ ...now, state: 'ready', modality: 'cxr', triage: { level: 'routine', text: '' }, reading: { ...urgentFundus.reading!, ...age } }))
    return study.id
  }
  const folderOf = (film: StudyId): string => join(root, 'studies', film.slice(0, 4), film.slice(4, 6), film)
  const save = (facts: object) => createStudyCommands(house).updatePatient(id, { name: CHILD.name, ...facts }, who)
  const states = () => Promise.all(films.map((one) => house.store.read(one).then(({ state }) => state, () => 'damaged')))
  /** Nothing of this study can be written any more: the version before would lie where a folder is. */
  const jam = (film: StudyId) => rm(join(folderOf(film), 'study.json.previous'), { force: true }).then(() => mkdir(join(folderOf(film), 'study.json.previous', 'full'), { recursive: true }))

  it('has the chest films read again that were scored for the other age, and nothing else does', async () => {
    films.push(await film(), await film(8))
    await save({ ...ADULT, village: 'Ahero' })
    expect(await states()).toEqual(['ready', 'ready', 'ready', 'ready', 'ready'])
    await save(CHILD)
    expect(await states()).toEqual(['received', 'received', 'received', 'received', 'ready'])
    expect((await house.store.read(films[0]!)).history.at(-1)).toMatchObject({ event: 'retry', detail: 'age-corrected', by: 'amina' })
  })

  it('does so past a film whose document is damaged', async () => {
    for (const name of ['study.json', 'study.json.previous']) await writeFile(join(folderOf(films[1]!), name), '{')
    expect(await save(CHILD)).toMatchObject({ ok: true })
    expect(await states()).toEqual(['received', 'damaged', 'received'])
  })

  it('does so past one that can not be written, says so, and does the rest when it is saved again', async () => {
    await jam(films[1]!)
    await expect(save(CHILD)).rejects.toThrow()
    expect(await states()).toEqual(['received', 'ready', 'received'])
    await rm(join(folderOf(films[1]!), 'study.json.previous'), { recursive: true })
    await save({ ...CHILD, phone: '0700' })
    expect(await states()).toEqual(['received', 'received', 'received'])
  })

  it('is gone through with at the next start, when the power went after the record was written', async () => {
    await house.patients.update(id, CHILD, who)
    expect(await readFile(join(root, 'patients', `${id}.json`), 'utf8')).toContain(CHILD.birthDate)
    await house[Symbol.asyncDispose]()
    house = await House.open(root)
    expect(await states()).toEqual(['ready', 'ready', 'ready'])
    await jam(films[1]!)
    expect(await finishFilmsOfOtherAge(house)).toBe(1)
    expect(await states()).toEqual(['received', 'ready', 'received'])
  })

  it('is not needed for films whose age a clock said that nobody had set: they are read again once the time is known, where the age was another', async () => {
    const byClock = async (film: StudyId, years?: number) => house.store.change(film, { by: 'system', event: 'analysed' }, (now) => ({
      ...now, timeUncertain: true, reading: { ...now.reading!, age: { ...(years === undefined ? {} : { years }), onDate: '1970-01-01', dayUncertain: true } }
    }))
    const known = (film: StudyId) => house.store.change(film, { by: 'system', event: 'time-corrected' }, (now) => ({ ...now, timeUncertain: false }))
    await byClock(films[0]!)
    await byClock(films[1]!, 46)
    await byClock(films[2]!)
    await Promise.all([known(films[0]!), known(films[1]!)])
    expect(await readFilmsOfOtherDay(house)).toBe(0)
    expect(await states()).toEqual(['received', 'ready', 'ready'])
  })

  it('takes an age that was answered on a film before for outdated, leaves one alone that was answered after, and a film that grew older with its person', async () => {
    await house.store.change(films[0]!, { by: 'amina', event: 'answered' }, (now) => ({ ...now, answers: { ageYears: 40 } }))
    house.clock.advance(800 * 86_400_000)
    films.push(await film(10), await film(10))
    await save(CHILD)
    house.clock.advance(1000)
    const answered = { at: house.clock.now().toISOString(), event: 'answered', by: 'amina' }
    await house.store.change(films[4]!, { by: 'amina', event: 'note' }, (now) => ({ ...now, answers: { ageYears: 40 }, history: [...now.history, answered] }))
    expect(await states()).toEqual(['received', 'received', 'received', 'ready', 'ready'])
    expect(await finishFilmsOfOtherAge(house)).toBe(0)
    expect((await states()).slice(3)).toEqual(['ready', 'ready'])
    expect((await house.store.read(films[0]!)).answers).toEqual({})
  })
})
