import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'
import { temporaryRoot } from './studies.js'
import { transpileRooms } from './transpile.js'

const run = promisify(execFile)

/** One study is created and changed; each acknowledgement is a write to stdout. */
const CHILD = `
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { writeSync } from 'node:fs'
import { StudyStore } from './store/study-store.js'
import { systemClock } from './platform/clock.js'
import { silentLog } from './platform/log.js'
const root = process.argv[2]
const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
const bytes = Buffer.from('object'), spoolPath = root + '/spool/object'
await writeFile(spoolPath, bytes)
const sha256 = createHash('sha256').update(bytes).digest('hex')
writeSync(1, 'BEGIN ')
const { id } = await store.create({ spoolPath, object: { sha256, fingerprint: sha256, bytes: 6, content: 'png' }, source: { kind: 'upload', deviceId: 'web' }, receivedAt: '2026-03-01T08:00:00.000Z', timeUncertain: false })
writeSync(1, 'CREATED ')
await store.change(id, { by: 'system', event: 'read' }, (study) => ({ ...study, state: 'ready' }))
writeSync(1, 'CHANGED ')
await store[Symbol.asyncDispose]()
`

type Call = { readonly name: string; readonly text: string }

describeWith(['strace'], 'the order of system calls', () => {
  let program: string
  let root: string
  let calls: Call[]
  beforeAll(async () => {
    program = await transpileRooms(['domain', 'platform', 'store'])
    root = await temporaryRoot()
    await writeFile(join(program, 'child.js'), CHILD)
    const trace = join(program, 'trace')
    const filter = 'trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,write'
    await run('strace', ['-f', '-y', '-s', '300', '-o', trace, '-e', filter, process.execPath, join(program, 'child.js'), root])
    calls = parseTrace(await readFile(trace, 'utf8'))
  }, 60_000)
  afterAll(async () => {
    await rm(root, { recursive: true, force: true })
    await rm(program, { recursive: true, force: true })
  })

  /** Position of the end of the first such call between two acknowledgements. */
  const between = (from: string, to: string) => {
    const start = calls.findIndex((call) => call.name === 'write' && call.text.includes(`"${from} "`))
    const end = calls.findIndex((call) => call.name === 'write' && call.text.includes(`"${to} "`))
    const part = calls.slice(start + 1, end)
    return (name: RegExp, text: RegExp): number => {
      const found = part.findIndex((call) => name.test(call.name) && text.test(call.text))
      expect(found, `${String(name)} ${String(text)} between ${from} and ${to}`).toBeGreaterThanOrEqual(0)
      return found
    }
  }

  it('makes object, document and their folder durable before the study appears, and its month before the acknowledgement', () => {
    const at = between('BEGIN', 'CREATED')
    const commit = at(/^rename/, /studies\/\.new\/.*studies\/2026\/03\//)
    expect(at(/sync/, /spool\/object/)).toBeLessThan(commit)
    expect(at(/sync/, /studies\/\.new\/[^/]+\/study\.json/)).toBeLessThan(commit)
    expect(at(/^link/, /spool\/object.*\.png/)).toBeLessThan(at(/sync/, /studies\/\.new\/[^/]+>/))
    expect(at(/sync/, /studies\/\.new\/[^/]+>/)).toBeLessThan(commit)
    expect(at(/sync/, /studies\/2026\/03>/)).toBeGreaterThan(commit)
  })

  it('names the study in the journal and fsyncs the new document before it takes the place of the old, and the folder before the acknowledgement', () => {
    const at = between('CREATED', 'CHANGED')
    const commit = at(/^rename/, /study\.json\.[0-9a-f]+\.tmp".*study\.json"/)
    expect(at(/^write/, /touch/)).toBeLessThan(at(/sync/, /index\/journal/))
    expect(at(/sync/, /index\/journal/)).toBeLessThan(commit)
    expect(at(/sync/, /study\.json\.[0-9a-f]+\.tmp/)).toBeLessThan(commit)
    expect(at(/^rename/, /study\.json\.previous"/)).toBeLessThan(commit)
    expect(at(/sync/, /studies\/2026\/03\/[^/]+>/)).toBeGreaterThan(commit)
  })
})

/** Calls in the order in which they ended: an unfinished one is completed where it is resumed. */
function parseTrace(text: string): Call[] {
  const open = new Map<string, string>()
  return text.split('\n').flatMap((line): Call[] => {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      open.set(pid, rest.replace(/<unfinished \.\.\.>$/, ''))
      return []
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const whole = resumed ? `${open.get(pid) ?? ''}${resumed[1]}` : rest
    const name = /^(\w+)\(/.exec(whole)?.[1]
    return name === undefined ? [] : [{ name, text: whole }]
  })
}
