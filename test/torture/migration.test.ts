import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildInterposer, hasProgram, watchChanges } from '../../scripts/torture/interposer.js'
import type { Operation } from '../../scripts/torture/journal.js'
import { readJournal } from '../../scripts/torture/journal.js'
import type { Survival } from '../../scripts/torture/model-disk.js'
import { ModelDisk } from '../../scripts/torture/model-disk.js'
import { createRandom } from '../../scripts/torture/random.js'
import type { StudyId } from '../../src/domain/ids.js'
import { silentLog } from '../../src/platform/log.js'
import { parseDocument } from '../../src/store/durable-document.js'
import type { Format } from '../../src/store/migrations.js'
import { StudyStore } from '../../src/store/study-store.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { newStudy, openStore } from '../store/studies.js'
import { transpileRooms } from '../store/transpile.js'

/** A release to come, which renames what this one calls `attempts`. */
const next: Format = { current: 2, migrations: [{ from: 1, up: ({ attempts, ...rest }) => ({ ...rest, formatVersion: 2, attempts, tries: attempts }) }] }
/** Brings every study up to date, as the slow check does. */
const MIGRATE = `
import { StudyStore } from './store/study-store.js'
import { systemClock } from './platform/clock.js'
import { silentLog } from './platform/log.js'
const format = { current: 2, migrations: [{ from: 1, up: ({ attempts, ...rest }) => ({ ...rest, formatVersion: 2, attempts, tries: attempts }) }] }
const store = await StudyStore.open({ root: process.argv[2], clock: systemClock, log: silentLog, reserveBytes: 0, format })
for (const { id } of store.summaries()) if ((await store.readAsIs(id)).isOutdated) await store.change(id, { by: 'system', event: 'migrated', quiet: true }, (now) => now)
await store[Symbol.asyncDispose]()
process.stdout.write('done')
`
const STUDIES = 3
const canRun = process.env['CI'] === 'true' || hasProgram('cc')

describe.skipIf(!canRun)('the plug is pulled inside a migration (needs cc)', () => {
  let folder: string
  let program: string
  let disk: ModelDisk
  let steps: Operation[][]
  let ids: StudyId[]
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'screenpost-migrated-'))
    program = await transpileRooms(['domain', 'platform', 'store'])
    await writeFile(join(program, 'migrate.js'), MIGRATE)
    const root = join(folder, 'data')
    ids = []
    {
      await using store = await openStore(root)
      for (let n = 0; n < STUDIES; n++) ids.push((await store.create(await newStudy(root))).id)
      await store.change(ids[0]!, { by: 'x', event: 'x' }, (study) => study)
    }
    disk = new ModelDisk(root)
    const watch = watchChanges(buildInterposer(folder, resolve(import.meta.dirname, '../../scripts/torture/interposer.c')), { root, folder, fault: { at: 0, mode: 'kill' } })
    const said = await run(root, watch.env)
    expect(said).toBe('done')
    steps = Array.from({ length: watch.count() }, () => [])
    for (const operation of readJournal(watch.journal())) steps[Math.max(0, operation.number - 1)]!.push(operation)
  }, 60_000)
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    rmSync(program, { recursive: true, force: true })
  })

  const run = (root: string, env: Record<string, string> = {}): Promise<string> => new Promise((done) => {
    const child = spawn(process.execPath, [join(program, 'migrate.js'), root], { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString() })
    child.once('close', () => done(said))
  })
  const onDisk = (path: string): Record<string, unknown> | undefined => (existsSync(path) ? parseDocument(readFileSync(path, 'utf8'))?.data as Record<string, unknown> : undefined)

  it('before each of its writes: every study is read, the old document is kept wherever the new one is in force, and the migration goes on to its end', { timeout: 240_000 }, async () => {
    const random = createRandom(4)
    let points = 0
    let halfway = 0
    for (const step of [...steps, []]) {
      for (const survival of ['kept', 'lost', 'mixed'] satisfies Survival[]) {
        const root = join(folder, 'cut')
        mkdirSync(root)
        disk.materialise(root, survival, random)
        halfway += await survives(root) ? 1 : 0
        rmSync(root, { recursive: true })
        points += 1
      }
      for (const operation of step) disk.apply(operation)
    }
    expect(disk.surprises).toEqual([])
    expect(points).toBe((steps.length + 1) * 3)
    expect(points).toBeGreaterThan(90)
    // Some of the cuts fell where one study was of the new format and another of the old.
    expect(halfway).toBeGreaterThan(10)
  })

  /** Whether it was cut off halfway. */
  async function survives(root: string): Promise<boolean> {
    await using store = await StudyStore.open({ root, clock: fixedClock(), log: silentLog, reserveBytes: 0, format: next })
    expect(store.damaged.size).toBe(0)
    const formats: unknown[] = []
    for (const id of ids) {
      const path = join(dirname(store.derivedFolder(id)), 'study.json')
      const found = onDisk(path)
      formats.push(found?.['formatVersion'])
      if (found?.['formatVersion'] === 2) expect(onDisk(`${path}.v1`)).toMatchObject({ formatVersion: 1, id })
      expect(await store.read(id)).toMatchObject({ formatVersion: 2, tries: 0, id })
      if ((await store.readAsIs(id)).isOutdated) await store.change(id, { by: 'system', event: 'migrated', quiet: true }, (now) => now)
      expect(onDisk(path)).toMatchObject({ formatVersion: 2, tries: 0 })
      expect(onDisk(`${path}.v1`)).toMatchObject({ formatVersion: 1, id })
      expect((await store.read(id)).revision).toBe((await store.read(id)).history.length)
    }
    return formats.includes(1) && formats.includes(2)
  }
})
