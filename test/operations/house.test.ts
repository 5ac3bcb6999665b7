import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Access } from '../../src/access/access.js'
import { AuditTrail } from '../../src/access/audit.js'
import { createToken, listTokens } from '../../src/access/tokens.js'
import { verifyAudit } from '../../src/access/verify-audit.js'
import { housePartsOf } from '../../src/compose/house-parts.js'
import { problem } from '../../src/domain/problem.js'
import { readSiteThresholds, writeSiteThreshold } from '../../src/inference/site-thresholds.js'
import type { HouseFault } from '../../src/operations/house/house.js'
import { checkHouse } from '../../src/operations/house/house.js'
import { startScrub } from '../../src/operations/scrub.js'
import { PatientRegistry } from '../../src/patients/patients.js'
import { Visits } from '../../src/patients/visits.js'
import { readChecked, renderDocument } from '../../src/platform/checked-json.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { isIndexWhole } from '../../src/store/index-files.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { Exports } from '../../src/uplink/transports/folder/export-state.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'

const quiet = { clock: systemClock, log: silentLog }
const pace = (): Promise<void> => Promise.resolve()
const SITE = { formatVersion: 1 as const, pack: 'cxr', modelSha256: 'a'.repeat(64), version: '1', at: '2026-03-01T00:00:00.000Z', by: 'amina', thresholds: { tb: 0.5 }, evidence: {}, confirmed: [] }

/** A bit in the middle of what the file says, not in the white space between. */
async function flip(path: string, part = 0.6): Promise<void> {
  const bytes = await readFile(path)
  let at = Math.floor(bytes.length * part)
  while (!/\w/.test(String.fromCharCode(bytes[at]!))) at += 1
  bytes[at]! ^= 1
  await writeFile(path, bytes)
}

describe('the slow check of what is no study', () => {
  let root: string
  let rooms: { store: StudyStore; access: Access; patients: PatientRegistry; visits: Visits; audit: AuditTrail }
  let where: Record<'patient' | 'user' | 'openVisit' | 'closedVisit' | 'token' | 'entry' | 'bytes' | 'threshold' | 'exported' | 'prior' | 'note' | 'stations', string>

  async function open(): Promise<typeof rooms> {
    const store = await openStore(root)
    const patients = await PatientRegistry.open({ folder: join(root, 'patients'), clock: systemClock })
    return {
      store, patients, access: await Access.open({ folder: join(root, 'access'), clock: systemClock }), audit: await AuditTrail.open({ folder: join(root, 'audit'), clock: systemClock }),
      visits: await Visits.open({ folder: join(root, 'visits'), ...quiet, clockTrusted: () => true, patients })
    }
  }
  const close = async (): Promise<void> => {
    await rooms.store[Symbol.asyncDispose]()
    await rooms.audit[Symbol.asyncDispose]()
  }
  const check = async (): Promise<readonly HouseFault[]> =>
    (await checkHouse(housePartsOf({ config: { dataFolder: root }, log: silentLog, folder: (name) => join(root, name) }, rooms), pace)).faults
  const content = async (name: string): Promise<unknown> => readChecked(await readFile(join(root, name), 'utf8'))

  beforeEach(async () => {
    root = await temporaryRoot()
    rooms = await open()
    const { store, patients, visits, access } = rooms
    const person = await patients.register({ name: 'Asha Otieno' }, 'amina')
    const other = await patients.register({ name: 'Juma Okoth' }, 'amina')
    if (!person.ok || !other.ok) throw new Error('not registered')
    const opened = await visits.start({ patientId: person.value.id }, 'amina')
    const closed = await visits.close((await visits.start({ patientId: other.value.id }, 'amina')).id, 'amina')
    await visits.stations.met('dicom:CR1')
    await access.users.add({ id: 'amina', name: 'Amina', role: 'operator', pin: '482915' }, 'terminal')
    const token = await createToken({ folder: join(root, 'access', 'tokens'), role: 'viewer', label: 'tablet', clock: systemClock })
    const { spoolPath } = await newStudy(root)
    const kept = await store.quarantine({ spoolPath, problem: problem('not-an-image', 'x'), source: { kind: 'watched-folder', deviceId: 'inbox' }, receivedAt: '2026-03-01T08:00:00.000Z' })
    await writeSiteThreshold(join(root, 'thresholds'), SITE)
    const exports = new Exports(join(root, 'uplink', 'stick', 'exports'))
    const exported = exports.begin({ recipient: 'age1x', clinic: 'kondele', at: '2026-03-01T08:00:00.000Z' })
    await exports.save(exported)
    await mkdir(join(root, 'priors', 'P-1'), { recursive: true })
    await writeFile(join(root, 'priors', 'P-1', 'a.json'), renderDocument({ formatVersion: 1 }))
    await mkdir(join(root, 'operations'))
    await writeFile(join(root, 'operations', 'clock.json'), renderDocument({ formatVersion: 1, boots: ['a-boot-of-some-days-ago', 'another-boot'] }))
    for (let n = 0; n < 20; n++) await rooms.audit.record({ event: `event-${n}`, by: 'amina', via: 'session' })
    where = {
      patient: `patients/${person.value.id}.json`, user: 'access/users.json', openVisit: `visits/open/${opened.id}.json`, closedVisit: `visits/${closed.id.slice(2, 6)}/${closed.id.slice(6, 8)}/${closed.id}.json`,
      token: `access/tokens/${token.id}.json`, entry: `quarantine/${kept.id}/entry.json`, bytes: `quarantine/${kept.id}/bytes`, threshold: 'thresholds/cxr.json',
      exported: `uplink/stick/exports/${exported.exportId}.json`, prior: 'priors/P-1/a.json', note: 'operations/clock.json', stations: 'visits/stations.json'
    }
  })
  afterEach(async () => {
    await close()
    await rm(root, { recursive: true, force: true })
  })

  it('finds nothing where nothing is wrong, and leaves a second copy of what has no version before it', async () => {
    expect(await check()).toEqual([])
    for (const name of [where.patient, where.token, where.entry, where.threshold, where.exported]) expect(await readFile(join(root, `${name}.previous`))).toEqual(await readFile(join(root, name)))
    await expect(stat(join(root, `${where.openVisit}.previous`))).rejects.toThrow('ENOENT')
    expect(await check()).toEqual([])
  })

  const fromMemory = ['patient', 'user', 'openVisit', 'closedVisit', 'entry', 'stations'] as const
  it.each(fromMemory)('writes a damaged document again from memory: %s', async (kind) => {
    const before = await content(where[kind])
    for (const part of [0.1, 0.4, 0.8]) {
      await flip(join(root, where[kind]), part)
      expect(await check()).toEqual([{ where: where[kind], repaired: true, detail: 'written again from memory' }])
      expect(await content(where[kind])).toEqual(before)
    }
    expect(await check()).toEqual([])
  })

  const fromCopy = ['token', 'threshold', 'exported'] as const
  it.each(fromCopy)('puts a damaged document back from its second copy, and reads from there until then: %s', async (kind) => {
    await check()
    const before = await content(where[kind])
    await flip(join(root, where[kind]))
    expect(await content(where[kind])).toBeUndefined()
    if (kind === 'token') expect(await listTokens(join(root, 'access', 'tokens'))).toMatchObject([{ label: 'tablet' }])
    if (kind === 'threshold') expect((await readSiteThresholds(join(root, 'thresholds'))).get('cxr')).toMatchObject({ ok: true, value: { thresholds: { tb: 0.5 } } })
    if (kind === 'exported') expect(await new Exports(join(root, 'uplink', 'stick', 'exports')).all()).toHaveLength(1)
    expect(await check()).toEqual([{ where: where[kind], repaired: true, detail: 'the version before it is in force' }])
    expect(await content(where[kind])).toEqual(before)
  })

  it('has a person back who was damaged while the box was off, from the second copy', async () => {
    await check()
    await close()
    await flip(join(root, where.patient))
    rooms = await open()
    expect(rooms.patients.damagedIds).toEqual([])
    expect(await check()).toMatchObject([{ where: where.patient, repaired: true }])
  })

  it('makes an entry of the quarantine again from its bytes when both copies are damaged', async () => {
    await close()
    await flip(join(root, where.entry))
    rooms = await open()
    expect(await rooms.store.listQuarantine()).toEqual([])
    expect(await check()).toMatchObject([{ where: where.entry, repaired: true }])
    expect(await rooms.store.listQuarantine()).toMatchObject([{ bytes: 64, problem: { code: 'entry-damaged' } }])
    expect(await check()).toEqual([])
  })

  it('names quarantined bytes that are not those received', async () => {
    const bytes = await readFile(join(root, where.bytes))
    bytes[9]! ^= 1
    await writeFile(join(root, where.bytes), bytes)
    expect(await check()).toMatchObject([{ where: where.bytes, repaired: false }])
  })

  it('replaces a damaged version before, while the newest is whole', async () => {
    await check()
    await flip(join(root, `${where.patient}.previous`))
    expect(await check()).toMatchObject([{ where: `${where.patient}.previous`, repaired: true }])
    expect(await readFile(join(root, `${where.patient}.previous`))).toEqual(await readFile(join(root, where.patient)))
  })

  it('names a document of which no copy is left, and where to have it from', async () => {
    await flip(join(root, where.token))
    expect(await check()).toEqual([{ where: where.token, repaired: false, detail: 'no good copy is there: restore it from the backup' }])
  })

  it.each(['prior', 'note'] as const)('removes what is made anew: %s', async (kind) => {
    await flip(join(root, where[kind]))
    expect(await check()).toMatchObject([{ where: where[kind], repaired: true }])
    await expect(stat(join(root, where[kind]))).rejects.toThrow('ENOENT')
  })

  it('never brings back a token that was revoked', async () => {
    await check()
    await flip(join(root, where.token))
    await rooms.access.tokens.revoke(where.token.slice(-15, -5))
    expect(await check()).toEqual([])
    expect(await listTokens(join(root, 'access', 'tokens'))).toEqual([])
  })

  it('puts the audit record back from its copy, beside the writer, and names one that it can not', async () => {
    await check()
    const [month] = [new Date().toISOString().slice(0, 7)]
    const path = join(root, 'audit', `${month}.jsonl`)
    await flip(path, 0.5)
    await rooms.audit.record({ event: 'after', by: 'amina', via: 'session' })
    expect((await verifyAudit(join(root, 'audit'))).problem).toBeDefined()
    expect(await check()).toMatchObject([{ where: `audit/${month}.jsonl`, repaired: true }])
    await rooms.audit.record({ event: 'later', by: 'amina', via: 'session' })
    expect((await verifyAudit(join(root, 'audit'))).entries).toBeGreaterThan(21)
    expect((await verifyAudit(join(root, 'audit'))).problem).toBeUndefined()
    await flip(path, 0.98)
    const damaged = await readFile(path)
    expect(await check()).toMatchObject([{ where: `audit/${month}.jsonl`, repaired: false }])
    expect(await readFile(path)).toEqual(damaged)
  })

  const monthPath = (...below: string[]): string => join(root, 'audit', ...below, `${new Date().toISOString().slice(0, 7)}.jsonl`)
  const firstLines = (text: string, count: number): string => `${text.split('\n').slice(0, count).join('\n')}\n`
  it.each<[string, (path: string, text: string) => Promise<void>]>([
    ['a removed month', (path) => rm(path)], ['an emptied month', (path) => writeFile(path, '')],
    ['a month cut in the middle', (path, text) => writeFile(path, firstLines(text, 10))],
    ['rotten last lines', (path, text) => writeFile(path, firstLines(text, 17) + '#'.repeat(90) + '\n' + '#'.repeat(90) + '\n')]
  ])('has the audit record back from its copy at the next start, and never copies over a longer one: %s', async (_name, damage) => {
    await check()
    await close()
    const before = await readFile(monthPath(), 'utf8')
    await damage(monthPath(), before)
    rooms = await open()
    await rooms.audit.record({ event: 'after', by: 'amina', via: 'session' })
    expect(await check()).toEqual([])
    expect(await readFile(monthPath(), 'utf8')).toContain(before)
    expect(await readFile(monthPath('copies'), 'utf8')).toContain(before)
    expect(await verifyAudit(join(root, 'audit'))).toMatchObject({ entries: 23, tornLines: 0 })
    expect(await readFile(monthPath(), 'utf8')).toContain('"event":"audit.restored"')
  })

  it('keeps the copy of an audit record that began anew and grew longer, and names it', async () => {
    await check()
    const copy = await readFile(monthPath('copies'))
    await close()
    await rm(join(root, 'audit'), { recursive: true })
    rooms = await open()
    for (let n = 0; n < 30; n++) await rooms.audit.record({ event: 'other', by: 'amina', via: 'session' })
    await mkdir(join(root, 'audit', 'copies'))
    await writeFile(monthPath('copies'), copy)
    expect(await check()).toMatchObject([{ where: `audit/copies`, repaired: false }])
    expect(await readFile(monthPath('copies'))).toEqual(copy)
  })

  it('has an emptied audit record back beside the running service, with what was added since', async () => {
    await check()
    await rooms.audit.record({ event: 'after', by: 'amina', via: 'session' })
    await writeFile(monthPath(), (await readFile(monthPath(), 'utf8')).split('\n').slice(5).join('\n'))
    expect(await check()).toMatchObject([{ where: `audit/${new Date().toISOString().slice(0, 7)}.jsonl`, repaired: true }])
    await rooms.audit.record({ event: 'later', by: 'amina', via: 'session' })
    expect(await verifyAudit(join(root, 'audit'))).toMatchObject({ entries: 24 })
    expect((await verifyAudit(join(root, 'audit'))).problem).toBeUndefined()
  })

  it.each(['snapshot.jsonl', 'journal'])('writes damaged lists again from memory: %s', async (name) => {
    for (let n = 0; n < 5; n++) await rooms.store.create(await newStudy(root))
    await close()
    rooms = await open()
    for (let n = 0; n < 5; n++) await rooms.store.create(await newStudy(root))
    const file = name === 'journal' ? `journal-${(await indexGeneration())}.jsonl` : name
    await flip(join(root, 'index', file), 0.2)
    expect(await isIndexWhole(join(root, 'index'))).toBe(false)
    expect(await check()).toEqual([{ where: 'index', repaired: true, detail: 'written again from memory' }])
    expect(await check()).toEqual([])
  })
  it('writes lists again that somebody deleted beside the running service, and the next start finds everything', async () => {
    for (let n = 0; n < 3; n++) await rooms.store.create(await newStudy(root))
    await rm(join(root, 'index'), { recursive: true })
    await rooms.store.create(await newStudy(root))
    expect(await check()).toEqual([{ where: 'index', repaired: true, detail: 'written again from memory' }])
    await rooms.store.create(await newStudy(root))
    await close()
    rooms = await open()
    expect(rooms.store.counts().total).toBe(5)
  })
  const indexGeneration = async (): Promise<string> => {
    return (await readdir(join(root, 'index'))).flatMap((name) => /^journal-(\d+)/.exec(name)?.[1] ?? []).sort().at(-1)!
  }

  it('is the end of each pass of the slow check, which counts and names it', async () => {
    await flip(join(root, where.token))
    await flip(join(root, where.user))
    const parts = housePartsOf({ config: { dataFolder: root }, log: silentLog, folder: (name) => join(root, name) }, rooms)
    await using scrub = await startScrub({ ...quiet, store: rooms.store, folder: join(root, 'operations'), bytesPerSecond: 1e9, everyDays: 1, pace: { idleMs: 10, saveEveryMs: 0 }, repair: () => Promise.resolve([]), house: () => checkHouse(parts, pace) })
    for (let turn = 0; turn < 1000 && scrub.status().last === undefined; turn++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    expect(scrub.status().last).toMatchObject({ found: 2, repaired: 1 })
    expect(scrub.status().last?.documents).toBeGreaterThan(10)
    expect(scrub.status().house).toMatchObject([{ where: where.token }])
    expect(dirname(where.token)).toBe('access/tokens')
  })
})
