import { appendFile, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditTrail, leaveAuditEvent } from '../../src/access/audit.js'
import { verifyAudit } from '../../src/access/verify-audit.js'
import { fixedClock } from '../fakes/fixed-clock.js'

let folder: string
const clock = fixedClock('2026-03-01T08:00:00.000Z')
const file = () => join(folder, '2026-03.jsonl')
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-audit-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(count: number): Promise<void> {
  await using trail = await AuditTrail.open({ folder, clock })
  await Promise.all(Array.from({ length: count }, (_, n) => trail.record({ event: `event.${n}`, by: 'nurse', via: 'session' })))
}
const lines = async (): Promise<string[]> => (await readFile(file(), 'utf8')).trimEnd().split('\n')

describe('the audit record', () => {
  it('chains entries in the order they came, over restarts', async () => {
    await write(5)
    await write(3)
    expect(await verifyAudit(folder)).toMatchObject({ entries: 8, tornLines: 0 })
    expect((await verifyAudit(folder)).problem).toBeUndefined()
    expect((await lines()).map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('tells a changed line', async () => {
    await write(5)
    await writeFile(file(), (await readFile(file(), 'utf8')).replace('event.2', 'event.9'))
    expect((await verifyAudit(folder)).problem).toMatchObject({ file: '2026-03.jsonl', line: 4 })
  })

  it('tells a missing line and two that changed places', async () => {
    await write(5)
    const [a, b, c, d, e] = await lines()
    await writeFile(file(), `${[a, b, d, e].join('\n')}\n`)
    expect((await verifyAudit(folder)).problem?.message).toContain('entry 3 is missing')
    await writeFile(file(), `${[a, c, b, d, e].join('\n')}\n`)
    expect((await verifyAudit(folder)).problem?.message).toContain('out of order')
  })

  it('tells a changed last line', async () => {
    await write(2)
    await writeFile(file(), (await readFile(file(), 'utf8')).replace('event.1', 'event.7'))
    expect((await verifyAudit(folder)).problem).toBeDefined()
  })

  it('goes on after a line that a power cut tore, and says so', async () => {
    await write(3)
    await appendFile(file(), '{"seq":4,"at":"2026-03')
    expect(await verifyAudit(folder)).toMatchObject({ entries: 3, tornLines: 1 })
    await write(2)
    const verified = await verifyAudit(folder)
    expect(verified).toMatchObject({ entries: 6, tornLines: 1 })
    expect(verified.problem).toBeUndefined()
    expect(await readFile(file(), 'utf8')).toContain('audit.torn-line')
  })

  it('goes on after a line that lost nothing but its line feed', async () => {
    await write(3)
    await truncate(file(), (await readFile(file())).length - 1)
    expect(await verifyAudit(folder)).toMatchObject({ entries: 2, tornLines: 1 })
    await write(1)
    const verified = await verifyAudit(folder)
    expect(verified.problem).toBeUndefined()
    expect(verified).toMatchObject({ entries: 4, tornLines: 1 })
  })

  it('calls more than a torn last line damage, and says so for ever', async () => {
    await write(5)
    const all = await lines()
    await writeFile(file(), `${[...all.slice(0, 3), all[3]?.replace('event.3', 'event.7'), all[4]?.replace('event.4', 'event.7')].join('\n')}\n`)
    await write(1)
    expect(await readFile(file(), 'utf8')).toContain('"event":"audit.damaged-lines"')
    expect((await verifyAudit(folder)).problem?.message).toContain('are not as they were written')
  })

  it('goes on after a note that was torn itself', async () => {
    await write(3)
    await appendFile(file(), '{"seq":4,"at":"2026-03 \n{"seq":4,"at')
    expect((await verifyAudit(folder)).problem).toBeUndefined()
    await write(1)
    expect((await verifyAudit(folder)).problem).toBeUndefined()
    expect(await verifyAudit(folder)).toMatchObject({ entries: 5, tornLines: 1 })
  })

  it('never turns to an older file when the clock goes back', async () => {
    await write(1)
    const back = fixedClock('1970-01-01T00:00:00.000Z')
    await using trail = await AuditTrail.open({ folder, clock: back })
    await trail.record({ event: 'late', by: 'system' })
    expect((await readdir(folder)).filter((name) => name.endsWith('.jsonl'))).toEqual(['2026-03.jsonl'])
    expect((await verifyAudit(folder)).problem).toBeUndefined()
  })

  it('takes up what a process beside it left', async () => {
    await using trail = await AuditTrail.open({ folder, clock })
    await leaveAuditEvent(folder, { event: 'token.created', by: 'terminal', detail: 'abc viewer' }, clock.now())
    await trail.record({ event: 'next', by: 'nurse' })
    expect((await lines()).map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['token.created', 'next'])
    expect((await verifyAudit(folder)).problem).toBeUndefined()
    expect(await readdir(join(folder, 'incoming'))).toEqual([])
  })

  it('keeps many at once in one chain', async () => {
    await write(500)
    expect(await verifyAudit(folder)).toMatchObject({ entries: 500 })
  })
})
