import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, temporaryRoot } from './studies.js'
import { transpileRooms } from './transpile.js'

/** Creates studies and changes them for ever; each line on stdout is an acknowledgement. */
const CHILD = `
import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { StudyStore } from './store/study-store.js'
import { systemClock } from './platform/clock.js'
import { silentLog } from './platform/log.js'
const root = process.argv[2]
const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
const acknowledge = (line) => process.stdout.write(JSON.stringify(line) + '\\n')
const work = async (worker) => {
  for (let count = 0; ; count += 1) {
    const bytes = randomBytes(2000)
    const spoolPath = root + '/spool/' + worker + '-' + count
    await writeFile(spoolPath, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const object = { sha256, fingerprint: sha256, bytes: bytes.length, content: 'png' }
    const { id } = await store.create({ spoolPath, object, source: { kind: 'upload', deviceId: 'web' }, receivedAt: systemClock.now().toISOString(), timeUncertain: false })
    acknowledge({ id, sha256, revision: 1 })
    const changed = await store.change(id, { by: 'system', event: 'read' }, (study) => ({ ...study, state: 'ready' }))
    acknowledge({ id, sha256, revision: changed.revision })
  }
}
acknowledge({ ready: true })
await Promise.all([0, 1, 2].map(work))
`

type Acknowledged = { id: string; sha256: string; revision: number }

describe('the plug is pulled', () => {
  let program: string
  let root: string
  beforeAll(async () => {
    program = await transpileRooms(['domain', 'platform', 'store'])
    await writeFile(join(program, 'child.js'), CHILD)
    root = await temporaryRoot()
  })
  afterAll(async () => {
    await rm(root, { recursive: true, force: true })
    await rm(program, { recursive: true, force: true })
  })

  /** Lets a child work until it acknowledged `count` times, then kills it at once. */
  const workAndKill = (count: number): Promise<Acknowledged[]> => new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(program, 'child.js'), root], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines: Acknowledged[] = []
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Acknowledged & { ready?: boolean }
      if (!line.ready) lines.push(line)
      if (lines.length === count) child.kill('SIGKILL')
    })
    child.once('close', (_code, signal) => (signal === 'SIGKILL' ? resolve(lines) : reject(new Error('the child ended by itself'))))
  })

  it('and every acknowledged study and change is there at the next start, bit for bit and listed', async () => {
    const acknowledged: Acknowledged[] = []
    for (let round = 0; round < 6; round += 1) {
      acknowledged.push(...(await workAndKill(1 + Math.floor(Math.random() * 60))))
      await using store = await openStore(root)
      for (const { id, sha256, revision } of acknowledged) {
        const study = await store.read(id)
        expect(study.revision).toBeGreaterThanOrEqual(revision)
        expect(createHash('sha256').update(await readFile(store.objectPath(study))).digest('hex')).toBe(sha256)
        expect(store.summary(id)).toMatchObject({ revision: study.revision, state: study.state })
      }
      const listed = store.list({ limit: 1000 })
      expect(listed.total).toBeGreaterThanOrEqual(new Set(acknowledged.map((each) => each.id)).size)
      expect(await readdir(join(root, 'spool'))).toEqual([])
      expect(await readdir(join(root, 'studies', '.new'))).toEqual([])
    }
  }, 60_000)
})
