import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { judgeClock } from '../../src/operations/clock-judgement.js'
import type { ClockEvidence } from '../../src/operations/clock-judgement.js'
import { ClockKeeper } from '../../src/operations/clock-keeper.js'
import { correctTimes } from '../../src/operations/correct-times.js'
import { renderDocument } from '../../src/platform/checked-json.js'
import { CorrectedClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import type { FixedClock } from '../fakes/fixed-clock.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'

const evidence: ClockEvidence = { now: new Date('2026-06-01T00:00:00Z'), sameBoot: true, hasBatteryClock: true, synchronised: false, learnt: false }

describe('whether a clock is trusted', () => {
  it.each<[string, Partial<ClockEvidence>, object]>([
    ['nothing speaks against it', {}, { trusted: true, source: 'own' }],
    ['1970', { now: new Date(0) }, { trusted: false, doubt: 'never-set' }],
    ['before what was seen here', { lastSeen: '2026-06-02T00:00:00.000Z' }, { trusted: false, doubt: 'behind' }],
    ['long after this release, and nobody vouches for it', { now: new Date('2071-06-01T00:00:00Z') }, { trusted: false, doubt: 'ahead' }],
    ['the note of earlier times was lost', { noteLost: true }, { trusted: false, doubt: 'note-lost' }],
    ['a few seconds before', { lastSeen: '2026-06-01T00:01:00.000Z' }, { trusted: true }],
    ['another boot without a battery', { lastSeen: '2026-05-31T00:00:00.000Z', sameBoot: false, hasBatteryClock: false }, { trusted: false, doubt: 'no-battery' }],
    ['another boot with a battery', { lastSeen: '2026-05-31T00:00:00.000Z', sameBoot: false }, { trusted: true, source: 'own' }],
    ['1970, and the network says so', { now: new Date(0), synchronised: true }, { trusted: true, source: 'network' }],
    ['learnt from a tablet', { hasBatteryClock: false, sameBoot: false, learnt: true }, { trusted: true, source: 'tablet' }]
  ])('%s', (_name, change, expected) => {
    expect(judgeClock({ ...evidence, ...change })).toMatchObject(expected)
  })
})

describe('a box that woke up in 1970', () => {
  let root: string
  let machine: FixedClock
  let clock: CorrectedClock
  let uptime: number
  let bootId: string
  let synchronised: boolean
  const open = (): Promise<ClockKeeper> => ClockKeeper.open({
    folder: join(root, 'operations'), clock, log: silentLog, boot: () => ({ bootId, uptimeSeconds: uptime }), isSynchronised: () => Promise.resolve(synchronised), hasBatteryClock: false, everyMs: 60_000
  })
  beforeEach(async () => {
    root = await temporaryRoot()
    machine = fixedClock('1970-01-01T00:01:00.000Z')
    clock = new CorrectedClock(machine)
    uptime = 60
    bootId = 'first'
    synchronised = false
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('is put right by a tablet, and so are the times of what came meanwhile, in their order', async () => {
    await using keeper = await open()
    await using store = await openStore(root)
    expect(keeper.status()).toMatchObject({ trusted: false, doubt: 'never-set' })
    const take = async () => store.create(await newStudy(root, { receivedAt: clock.now().toISOString(), timeUncertain: !keeper.trusted(), arrivalClock: keeper.boot() }))
    const first = await take()
    uptime += 600
    machine.advance(600_000)
    const second = await take()
    await store.change(second.id, { by: 'uplink', event: 'delivery.planned', quiet: true }, (study) => ({ ...study, reports: [{ revision: 1, contentHash: 'c', at: clock.now().toISOString() }] }))
    uptime += 60
    machine.advance(60_000)
    let told = 0
    keeper.onLearnt(() => { told += 1 })
    expect(await keeper.accept(new Date('2026-11-21T08:00:00.000Z'))).toEqual({ ok: true, value: undefined })
    expect(keeper.status()).toMatchObject({ trusted: true, source: 'tablet' })
    expect(clock.now().toISOString()).toBe('2026-11-21T08:00:00.000Z')
    expect(told).toBe(1)
    expect(await readFile(join(root, 'operations/set-time.request'), 'utf8')).toBe(`${Date.parse('2026-11-21T08:00:00Z') / 1000}\n`)
    expect(await correctTimes(store, keeper, silentLog)).toBe(2)
    expect(await store.read(first.id)).toMatchObject({ receivedAt: '2026-11-21T07:49:00.000Z', receivedAtOriginal: '1970-01-01T00:01:00.000Z', timeUncertain: false, sequence: 1 })
    expect(await store.read(second.id)).toMatchObject({ receivedAt: '2026-11-21T07:59:00.000Z', sequence: 2, reportsBeforeTime: 1 })
    expect(await store.read(first.id)).not.toHaveProperty('reportsBeforeTime')
    expect(await correctTimes(store, keeper, silentLog)).toBe(0)
  })

  it('keeps the offset when the service starts again in the same boot, and no longer once the machine is set', async () => {
    await (await open().then(async (keeper) => { await keeper.accept(new Date('2026-11-21T08:00:00.000Z')); return keeper }))[Symbol.asyncDispose]()
    clock = new CorrectedClock(machine)
    uptime += 30
    machine.advance(30_000)
    await using keeper = await open()
    expect(clock.now().toISOString()).toBe('2026-11-21T08:00:30.000Z')
    machine.set('2026-11-21T08:00:31.000Z')
    await keeper.look()
    expect(keeper.status()).toMatchObject({ trusted: true, offsetMs: 0 })
  })

  it('doubts again after the next power cut, and leaves alone the times of a boot that nobody knew', async () => {
    await using store = await openStore(root)
    const lost = await store.create(await newStudy(root, { receivedAt: clock.now().toISOString(), timeUncertain: true, arrivalClock: { bootId: 'lost', uptimeSeconds: 5 } }))
    await (await open().then(async (keeper) => { await keeper.accept(new Date('2026-11-21T08:00:00.000Z')); return keeper }))[Symbol.asyncDispose]()
    bootId = 'second'
    clock = new CorrectedClock(machine)
    machine.set('2026-11-21T08:01:00.000Z')
    await using keeper = await open()
    expect(keeper.status()).toMatchObject({ trusted: false, doubt: 'no-battery' })
    synchronised = true
    await keeper.look()
    expect(keeper.status()).toMatchObject({ trusted: true, source: 'network' })
    expect(await correctTimes(store, keeper, silentLog)).toBe(0)
    expect(await store.read(lost.id)).toMatchObject({ timeUncertain: true })
  })

  it('takes a time that lies before what was seen here only when it is given twice, and says both', async () => {
    await using keeper = await open()
    await keeper.accept(new Date('2028-11-21T08:00:00.000Z'))
    const refused = await keeper.accept(new Date('2026-11-21T08:00:00.000Z'))
    expect(refused).toMatchObject({ ok: false, error: { code: 'clock-before-seen', message: expect.stringMatching(/2026-11-21 08:00.*2028-11-21 08:00/) as string } })
    expect(clock.now().toISOString()).toBe('2028-11-21T08:00:00.000Z')
    machine.advance(30_000)
    expect(await keeper.accept(new Date('2026-10-21T08:00:00.000Z'))).toMatchObject({ ok: false })
    machine.advance(30_000)
    expect(await keeper.accept(new Date('2026-10-21T08:00:30.000Z'))).toMatchObject({ ok: true })
    expect(keeper.status()).toMatchObject({ trusted: true, source: 'tablet' })
    expect(await keeper.accept(new Date('2026-11-21T08:00:00.000Z'))).toMatchObject({ ok: true })
    expect(await keeper.accept(new Date('1999-10-01T00:00:00.000Z'))).toMatchObject({ ok: false, error: { code: 'clock-implausible' } })
  })

  it('takes no time before one that the network had said', async () => {
    synchronised = true
    machine.set('2027-01-01T00:00:00.000Z')
    await using keeper = await open()
    for (let times = 0; times < 2; times++) expect(await keeper.accept(new Date('2026-11-21T08:00:00.000Z'))).toMatchObject({ ok: false, error: { code: 'clock-implausible' } })
  })

  it('is not bound by a far future that an earlier release believed', async () => {
    await mkdir(join(root, 'operations'))
    await writeFile(join(root, 'operations/clock.json'), renderDocument({ formatVersion: 1, lastSeen: '2071-01-01T00:00:00.000Z', lastBootId: 'before', boots: [] }))
    machine.set('2071-01-02T00:00:00.000Z')
    await using keeper = await open()
    expect(keeper.status()).toMatchObject({ trusted: false, doubt: 'ahead' })
    expect(await keeper.accept(new Date('2026-11-21T08:00:00.000Z'))).toMatchObject({ ok: true })
    expect(clock.now().toISOString()).toBe('2026-11-21T08:00:00.000Z')
  })

  it.each(['', '\0\0\0\0', '{"checksum":"sha256:0","data":{"formatVersion":1,"boots":[]}}'])('starts with the time uncertain when its note is damaged, keeps that note, and says so until somebody tells the time: %j', async (text) => {
    await mkdir(join(root, 'operations'))
    await writeFile(join(root, 'operations/clock.json'), text)
    machine.set('2026-11-21T08:00:00.000Z')
    await (await open())[Symbol.asyncDispose]()
    expect(await readFile(join(root, 'operations/clock.json.damaged'), 'utf8')).toBe(text)
    await using keeper = await open()
    expect(keeper.status()).toMatchObject({ trusted: false, doubt: 'note-lost' })
    expect(await keeper.accept(new Date('2026-11-21T08:00:00.000Z'))).toMatchObject({ ok: true })
    expect(keeper.status()).toMatchObject({ trusted: true })
  })
})
