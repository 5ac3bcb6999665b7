import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeOf } from '../../src/domain/visit.js'
import type { PerformedStep } from '../../src/domain/worklist.js'
import { Visits } from '../../src/patients/visits.js'
import { CLAIM_LAPSES_AFTER_MS } from '../../src/patients/visits-claims.js'
import { silentLog } from '../../src/platform/log.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { temporaryRoot } from '../store/studies.js'
import { House } from './house.js'

let root: string
let house: House
let amina: string
let baraka: string
beforeEach(async () => {
  root = await temporaryRoot()
  house = await House.open(root)
  amina = await house.register('Amina Juma')
  baraka = await house.register('Baraka Otieno')
})
afterEach(async () => {
  await house[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})
const start = (patientId: string, by = 'nurse-1') => house.visits.start({ patientId }, by)
const restarted = (clock = house.clock, trusted = true) =>
  Visits.open({ folder: join(root, 'visits'), clock, log: silentLog, clockTrusted: () => trusted, patients: house.patients })
const hold = (id: string, more: { by?: string; take?: string; takeOver?: boolean; station?: string } = {}) =>
  house.visits.hold(id, { station: more.station ?? 'camera', ...(more.take ? { take: takeOf(more.take)! } : {}), ...(more.takeOver ? { takeOver: true } : {}) }, more.by ?? 'nurse-1')

describe('a visit', () => {
  it('is one for a person while it is open', async () => {
    const first = await start(amina)
    expect((await start(amina, 'nurse-2')).id).toBe(first.id)
    await house.visits.close(first.id, 'nurse-1')
    expect((await start(amina)).id).not.toBe(first.id)
  })

  it('is not opened for somebody who is not registered', async () => {
    await expect(start('P-00000000')).rejects.toThrow('no such patient')
  })

  it('is there after a restart, with the devices it holds', async () => {
    const { id } = await start(amina)
    await hold(id, { take: 'eye-left' })
    expect((await restarted()).holding('camera')).toEqual({ visitId: id, patientId: amina, take: takeOf('eye-left') })
  })

  it('leaves the folder of open visits when it is closed, and can still be read', async () => {
    const { id } = await start(amina)
    await house.visits.close(id, 'nurse-1')
    expect(await readdir(join(root, 'visits', 'open'))).toEqual([])
    house.clock.advance(10 * 24 * 3_600_000)
    expect(await (await restarted()).read(id)).toMatchObject({ closedBy: 'nurse-1', claims: [] })
  })

  it('that was closed just before the plug was pulled does not come back as open', async () => {
    const { id } = await start(amina)
    await house.visits.close(id, 'nurse-1')
    const closed = join(root, 'visits', '2026', '03', `${id}.json`)
    await writeFile(join(root, 'visits', 'open', `${id}.json`), await readFile(closed))
    await rm(closed)
    const again = await restarted()
    expect(again.openVisits()).toEqual([])
    expect(await again.read(id)).toMatchObject({ closedBy: 'nurse-1' })
  })

  it('that was closed does not come back as open by the version before it, which a power cut brought back', async () => {
    const { id } = await start(amina)
    await hold(id)
    const before = await readFile(join(root, 'visits', 'open', `${id}.json`))
    await house.visits.close(id, 'nurse-1')
    await writeFile(join(root, 'visits', 'open', `${id}.json.previous`), before)
    const again = await restarted()
    expect(again.openVisits()).toEqual([])
    expect(await readdir(join(root, 'visits', 'open'))).toEqual([])
    await writeFile(join(root, 'visits', 'open', `${id}.json`), before)
    house.clock.advance(10 * 24 * 3_600_000)
    const later = await restarted()
    expect(later.openVisits()).toEqual([])
    expect(await later.read(id)).toMatchObject({ closedBy: 'nurse-1' })
    expect(await readdir(join(root, 'visits', 'open'))).toEqual([])
  })

  it('that is damaged costs only itself', async () => {
    const [damaged, sound] = [await start(amina), await start(baraka)]
    await writeFile(join(root, 'visits', 'open', `${damaged.id}.json`), 'torn')
    expect((await restarted()).openVisits().map(({ id }) => id)).toEqual([sound.id])
  })

  it('that everybody forgot is closed when the next one is opened', async () => {
    const { id } = await start(amina)
    house.clock.advance(13 * 3_600_000)
    await start(baraka)
    expect(await house.visits.read(id)).toMatchObject({ closedBy: 'system' })
  })

  it('in use is not closed, nor its device let go, because the clock was put right meanwhile', async () => {
    const { id } = await start(amina)
    await hold(id)
    house.clock.set('2028-09-01T08:00:00.000Z')
    await start(baraka, 'nurse-2')
    expect(house.visits.holding('camera')).toMatchObject({ visitId: id, patientId: amina })
    expect(await house.receive({})).toMatchObject({ patientId: amina, visitId: id })
    house.clock.advance(13 * 3_600_000)
    await start(await house.register('Caro Achieng'))
    expect(await house.visits.read(id)).toMatchObject({ closedBy: 'system' })
  })
})

describe('a device', () => {
  it('is held by one visit: the second nurse is told who has it', async () => {
    const [one, two] = [await start(amina), await start(baraka, 'nurse-2')]
    await hold(one.id)
    const refused = await hold(two.id, { by: 'nurse-2' })
    expect(refused).toMatchObject({ ok: false, error: { code: 'station-held', message: expect.stringContaining('nurse-1') as string } })
    expect(house.visits.holding('camera')).toMatchObject({ patientId: amina })
  })

  it('of two nurses who reach for it at once goes to one', async () => {
    const [one, two] = [await start(amina), await start(baraka, 'nurse-2')]
    const both = await Promise.all([hold(one.id), hold(two.id, { by: 'nurse-2' })])
    expect(both.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('can be taken over by who was told, and then belongs to that visit alone', async () => {
    const [one, two] = [await start(amina), await start(baraka, 'nurse-2')]
    await hold(one.id)
    await hold(two.id, { by: 'nurse-2', takeOver: true })
    expect(house.visits.holding('camera')).toMatchObject({ patientId: baraka })
    expect((await house.visits.read(one.id)).claims).toEqual([])
  })

  it.each([['released', (id: string) => house.visits.release(id, 'camera')], ['left by a closed visit', (id: string) => house.visits.close(id, 'nurse-1')]])(
    'that was %s is free', async (_how, leave) => {
      const { id } = await start(amina)
      await hold(id)
      await leave(id)
      expect(house.visits.holding('camera')).toBeUndefined()
    })

  it('that nobody used for an hour is free', async () => {
    const { id } = await start(amina)
    await hold(id)
    house.clock.advance(CLAIM_LAPSES_AFTER_MS - 1)
    expect(house.visits.holding('camera')).toMatchObject({ visitId: id })
    house.clock.advance(1)
    expect(house.visits.holding('camera')).toBeUndefined()
    expect((await hold((await start(baraka)).id)).ok).toBe(true)
  })

  it('stays held when the clock is set, and as long as images come', async () => {
    const { id } = await start(amina)
    await hold(id)
    house.clock.set('2027-01-01T00:00:00.000Z')
    expect(house.visits.holding('camera')).toBeDefined()
    house.clock.advance(CLAIM_LAPSES_AFTER_MS - 1)
    await house.receive({})
    house.clock.advance(CLAIM_LAPSES_AFTER_MS - 1)
    expect(house.visits.holding('camera')).toMatchObject({ visitId: id })
  })

  it.each([
    ['the night', fixedClock('2026-03-02T07:00:00.000Z'), true],
    ['a dead clock battery', fixedClock('1970-01-01T00:00:00.000Z'), false],
    ['a clock that went back', fixedClock('2026-02-01T00:00:00.000Z'), true]
  ])('is free after %s', async (_what, clock, trusted) => {
    await hold((await start(amina)).id)
    expect((await restarted(clock, trusted)).holding('camera')).toBeUndefined()
  })
})

describe('steps that a device reports (MPPS)', () => {
  const step = (more: Partial<PerformedStep>): PerformedStep =>
    ({ instanceUid: '2.25.1', deviceId: 'dicom', callingAeTitle: 'PROBE', status: 'in-progress', at: house.clock.now().toISOString(), patientId: amina, ...more })

  it('move the open visit of the person on, durably', async () => {
    const { id } = await start(amina)
    await house.visits.recordStep(step({}))
    expect((await house.visits.read(id)).steps).toMatchObject([{ station: 'dicom:PROBE', status: 'in-progress' }])
    const { patientId: _unsaid, ...ended } = step({ status: 'completed' })
    await (await restarted()).recordStep(ended)
    expect((await (await restarted()).read(id)).steps).toMatchObject([{ instanceUid: '2.25.1', status: 'completed' }])
  })

  it('stay as they ended', async () => {
    const { id } = await start(amina)
    for (const status of ['in-progress', 'discontinued', 'completed'] as const) await house.visits.recordStep(step({ status }))
    expect((await house.visits.read(id)).steps).toMatchObject([{ status: 'discontinued' }])
  })

  it('open a visit for somebody whom the device chose from the list', async () => {
    const visit = await house.visits.recordStep(step({}))
    expect(visit).toMatchObject({ patientId: amina, openedBy: 'device:dicom:PROBE', claims: [] })
    expect(await house.receive({})).not.toHaveProperty('patientId')
  })

  it('belong to the visit that holds the device when they name nobody we know', async () => {
    const { id } = await start(baraka)
    await hold(id, { station: 'dicom:PROBE' })
    expect(await house.visits.recordStep(step({ patientId: '4711' }))).toMatchObject({ id })
  })

  it('of nobody are taken and change nothing', async () => {
    expect(await house.visits.recordStep(step({ patientId: '4711' }))).toBeUndefined()
    expect(house.visits.openVisits()).toEqual([])
  })

  it('that end after the nurse closed the visit are kept with it', async () => {
    const { id } = await start(amina)
    await house.visits.recordStep(step({}))
    await house.visits.close(id, 'nurse-1')
    const { patientId: _unsaid, ...ended } = step({ status: 'completed' })
    await (await restarted()).recordStep(ended)
    expect(await (await restarted()).read(id)).toMatchObject({ closedBy: 'nurse-1', steps: [{ status: 'completed' }] })
    expect((await restarted()).openVisits()).toEqual([])
  })
})
