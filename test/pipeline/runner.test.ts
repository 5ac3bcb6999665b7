import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerStudy, retryStudy } from '../../src/domain/study-changes.js'
import type { Study, StudyState } from '../../src/domain/study.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { startReader, type Reader, type ReaderOptions } from '../../src/pipeline/reader/reader.js'
import { startRunner, type Runner, type RunnerOptions } from '../../src/pipeline/runner.js'
import { renderDocument } from '../../src/store/durable-document.js'
import type { NewStudy, StudyStore } from '../../src/store/study-store.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'
import { misbehavingChild } from './reader/built-child.js'

let root: string
let store: StudyStore
let reader: Reader
let runner: Runner | undefined
beforeEach(async () => {
  root = await temporaryRoot()
  store = await openStore(root)
})
afterEach(async () => {
  await runner?.close()
  await reader[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

async function start(options: Partial<RunnerOptions> = {}, reading: Partial<ReaderOptions> = {}): Promise<void> {
  reader = await startReader({ packsFolder: '', log: silentLog, script: misbehavingChild, restart: { baseMs: 1, maxMs: 5 }, ...reading })
  runner = startRunner({ store, reader, log: silentLog, clock: systemClock, backoff: { baseMs: 20, maxMs: 50 }, ...options })
}
let count = 0
/** A study whose object tells the misbehaving child what to do. */
const receive = async (command: string, extra: Partial<NewStudy> = {}): Promise<Study> =>
  store.create(await newStudy(root, { bytes: Buffer.from(`${command} ${count += 1}`), ...extra }))
async function until(id: string, ...states: StudyState[]): Promise<Study> {
  for (let waited = 0; waited < 15_000; waited += 10) {
    const study = await store.read(id)
    if (states.includes(study.state)) return study
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`still ${(await store.read(id)).state}, expected ${states.join(' or ')}`)
}
function bound(target: Reader, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value
}
const codesOf = (study: Study): string[] => study.questions.map(({ code }) => code)
const events = (study: Study): string[] => study.history.map(({ event }) => event)

describe('the runner', () => {
  it('reads what waited when it starts, and what comes later, oldest first', async () => {
    const [first, second] = [await receive('5'), await receive('5')]
    await start()
    const third = await receive('5')
    const done = await Promise.all([first, second, third].map(({ id }) => until(id, 'ready')))
    for (const study of done) expect(study).toMatchObject({ attempts: 0, modality: 'cxr', triage: { level: 'urgent', code: 'tb-positive' }, reading: { findings: [{ code: 'tb' }] } })
    expect(events(done[0]!)).toEqual(['received', 'analysing', 'analysed'])
    expect(done[0]!.history.at(-1)?.detail).toBe('tb-chest 1.0.0, urgent')
  })

  it('sets a study aside that ends the reader twice, in words, and reads the others', async () => {
    await start()
    const [bad, good] = [await receive('crash'), await receive('1')]
    expect(await until(bad.id, 'failed')).toMatchObject({ attempts: 2, failure: { code: 'reader-crashed', message: expect.stringContaining('another format') } })
    expect((await until(good.id, 'ready')).triage?.level).toBe('urgent')
  })

  it('reads again what turned out, while it was read, to be of somebody of another age', async () => {
    const { id } = await receive('5', { patientId: 'P-00000000' })
    const ages = [40]
    await start({ patientAgeYears: () => ages.shift() ?? 5 })
    const read = await until(id, 'ready')
    expect(events(read)).toEqual(['received', 'analysing', 'postponed', 'analysing', 'analysed'])
    expect(read.reading?.age).toEqual({ years: 5, onDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string })
  })

  it('takes the age of the day of receipt while nobody can vouch for the clock, and says where that day is uncertain too', async () => {
    const known = await receive('5', { patientId: 'P-00000000', receivedAt: '2025-03-01T08:00:00.000Z' })
    const unknown = await receive('5', { patientId: 'P-00000000', receivedAt: '1970-01-01T00:02:00.000Z', timeUncertain: true })
    await start({ clock: fixedClock('1970-01-01T00:05:00.000Z'), clockTrusted: () => false, patientAgeYears: (_id, onDate) => (onDate === '2025-03-01' ? 44 : undefined) })
    const [first, second] = await Promise.all([until(known.id, 'ready'), until(unknown.id, 'ready')])
    expect(first.reading?.age).toEqual({ years: 44, onDate: '2025-03-01' })
    expect(second.reading?.age).toEqual({ onDate: '1970-01-01', dayUncertain: true })
    expect(codesOf(second)).toEqual(['age-unknown'])
  })

  it('gives up a study that never ends', async () => {
    await start({}, { timeoutMs: 200 })
    const bad = await receive('hang')
    expect((await until(bad.id, 'failed')).failure?.code).toBe('reader-timeout')
  })

  it('fails a file that can not be decoded at once, and reads it again when asked', async () => {
    await start()
    const { id } = await receive('fail')
    const failed = await until(id, 'failed')
    expect([failed.failure?.code, failed.attempts]).toEqual(['damaged-pixels', 1])
    await store.change(id, { by: 'ada', event: 'retry' }, (study) => {
      const again = retryStudy(study)
      return again.ok ? again.value : study
    })
    expect(events(await until(id, 'failed'))).toContain('retry')
  })

  it('names the disk and not the file where the bytes are no longer those received, and tells who mends it', async () => {
    const mended: string[] = []
    store.onDamage((studyId) => mended.push(studyId))
    const study = await receive('1')
    await writeFile(store.objectPath(study), 'fail')
    await start()
    expect((await until(study.id, 'failed')).failure?.code).toBe('object-damaged')
    expect(mended).toEqual([study.id])
  })

  it('tells who mends it of a study whose document can not be read, and reads it when it was mended', async () => {
    const study = await receive('1')
    const document = join(dirname(store.objectPath(study)), 'study.json')
    const whole = await readFile(document)
    store.onDamage(() => void writeFile(document, whole))
    await writeFile(document, 'garbage')
    await start()
    for (let waited = 0; waited < 5_000 && store.summary(study.id)?.state !== 'ready'; waited += 10) await new Promise((resolve) => { setTimeout(resolve, 10) })
    expect(store.summary(study.id)?.state).toBe('ready')
  })

  it('puts the lists right where they say that a study waits and its document says otherwise', async () => {
    const study = await receive('1')
    await writeFile(join(dirname(store.objectPath(study)), 'study.json'), renderDocument({ ...study, state: 'needs-input' }))
    expect(store.pending()).toEqual([study.id])
    await start()
    for (let waited = 0; waited < 2_000 && store.pending().length > 0; waited += 10) await new Promise((resolve) => { setTimeout(resolve, 10) })
    expect(store.pending()).toEqual([])
    expect(store.summary(study.id)).toMatchObject({ state: 'needs-input', revision: 1 })
  })

  it('takes a postponed study up again although the timer came before the time by its clock', async () => {
    // This clock hardly moves: by it no wait is ever over.
    const clock = { now: () => new Date(), monotonicMs: () => performance.now() / 1e6 }
    let refusals = 3
    const unwilling = new Proxy(await startReader({ packsFolder: '', log: silentLog, script: misbehavingChild }), {
      get: (target, key) => (key === 'read' && (refusals -= 1) >= 0 ? () => Promise.resolve({ ok: false, error: { code: 'reader-stopped', message: 'Start it again.' } }) : bound(target, key))
    })
    reader = unwilling
    runner = startRunner({ store, reader, log: silentLog, clock, backoff: { baseMs: 20, maxMs: 50 } })
    expect((await until((await receive('1')).id, 'ready')).state).toBe('ready')
  })

  it('has the reader compare what it decodes with what was received', async () => {
    await start()
    const { id, object } = await receive('1')
    expect((await until(id, 'ready')).reading?.detail).toMatchObject({ request: { sha256: object.sha256 } })
  })

  it('takes a study that a power cut left half read, and counts the attempt', async () => {
    const { id } = await receive('1')
    await store.change(id, { by: 'system', event: 'analysing' }, (study) => ({ ...study, state: 'analysing', attempts: 1 }))
    const twice = await receive('1')
    await store.change(twice.id, { by: 'system', event: 'analysing' }, (study) => ({ ...study, state: 'analysing', attempts: 2 }))
    await start()
    expect((await until(id, 'ready')).attempts).toBe(0)
    expect((await until(twice.id, 'failed')).failure?.code).toBe('reading-interrupted')
  })

  it('asks which pack, waits, and reads with the answer', async () => {
    await start()
    const { id } = await receive('what')
    expect(codesOf(await until(id, 'needs-input'))).toEqual(['which-pack'])
    await store.change(id, { by: 'nurse', event: 'answered' }, (study) => {
      const answered = answerStudy(study, { packId: 'tb-chest', ageYears: 30 })
      return answered.ok ? answered.value : study
    })
    const ready = await until(id, 'ready')
    expect(codesOf(ready)).toEqual([])
    expect(ready.reading?.detail['request']).toMatchObject({ packId: 'tb-chest', ageYears: 30 })
  })

  it('scores a chest film of unknown age and asks for it beside the verdict', async () => {
    await start({ patientAgeYears: (patientId) => (patientId === 'P-KNOWN' ? 40 : undefined) })
    const [unknown, known] = [await receive('1'), await receive('1', { patientId: 'P-KNOWN' })]
    expect(codesOf(await until(unknown.id, 'ready'))).toEqual(['age-unknown'])
    expect(codesOf(await until(known.id, 'ready'))).toEqual([])
  })

  it('keeps a question of somebody else', async () => {
    await start()
    const { id } = await receive('1', { questions: [{ code: 'same-uid-other-content', text: '' }] })
    expect(codesOf(await until(id, 'ready'))).toEqual(['same-uid-other-content', 'age-unknown'])
  })

  it('waits without counting attempts while the reader does not start, and the studies stay received', async () => {
    const { id } = await receive('1')
    await start({}, { packsFolder: 'stillborn' })
    await reader.ready
    expect(await store.read(id)).toMatchObject({ state: 'received', attempts: 0 })
  })

  it('finishes the step in hand when it is closed, and begins nothing more', async () => {
    await start()
    const [first, second] = [await receive('300'), await receive('1')]
    await until(first.id, 'analysing')
    await runner!.close()
    expect([(await store.read(first.id)).state, (await store.read(second.id)).state]).toEqual(['ready', 'received'])
    expect(runner!.isAlive()).toBe(true)
  })

  it('does not overwrite a change that a person made while it was read', async () => {
    await start()
    const { id } = await receive('300')
    await until(id, 'analysing')
    await store.change(id, { by: 'nurse', event: 'patient.attached' }, (study) => ({ ...study, patientId: 'P-00000001' }))
    expect(await until(id, 'ready')).toMatchObject({ patientId: 'P-00000001' })
  })
})
