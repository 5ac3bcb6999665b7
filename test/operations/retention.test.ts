import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { evictExpired, startRetention } from '../../src/operations/retention.js'
import type { RetentionOptions } from '../../src/operations/retention.js'
import { mayEvict } from '../../src/operations/retention-policy.js'
import { silentLog } from '../../src/platform/log.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { sharesUid } from '../../src/uplink/shared-uid.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { openStore, temporaryRoot } from '../store/studies.js'
import { archivedStudy, committed } from './studies.js'

const policy = { days: 30, archives: ['pacs'] }
const later = '2026-06-01T00:00:00.000Z'
const there = (path: string): Promise<boolean> => access(path).then(() => true, () => false)

describe('retention', () => {
  let root: string
  let store: StudyStore
  let options: RetentionOptions
  const never = new AbortController().signal
  beforeEach(async () => {
    root = await temporaryRoot()
    store = await openStore(root)
    options = { store, policy, clock: fixedClock(later), log: silentLog, clockTrusted: () => true, freeBytes: () => Promise.resolve(0), isPromiseShared: (study) => sharesUid(store, study) }
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })

  it('gives up bytes and pictures of what is old, judged and committed; the document says where the image is', async () => {
    const study = await archivedStudy(store, root)
    await mkdir(store.derivedFolder(study.id))
    await writeFile(join(store.derivedFolder(study.id), 'tablet-0.jpg'), 'x')
    expect(await evictExpired(options, never)).toBe(1)
    expect(await store.read(study.id)).toMatchObject({ state: 'ready', evicted: { at: later, archives: ['pacs'] } })
    expect(store.summary(study.id)).toMatchObject({ evicted: true })
    expect((await readdir(dirname(store.objectPath(study)))).sort()).toEqual(['study.json', 'study.json.previous'])
    expect(await evictExpired(options, never)).toBe(0)
  })

  const kept: [string, Partial<Study>][] = [
    ['has no verdict', { state: 'received' }],
    ['waits for a person', { questions: [{ code: 'age-unknown', text: '' }] }],
    ['is urgent and unreviewed', { triage: { level: 'urgent', text: '' } }],
    ['is immediate and unreviewed', { triage: { level: 'immediate', text: '' } }],
    ['could not be graded and was not looked at', { triage: { level: 'none', text: '' } }],
    ['failed and was not looked at', { state: 'failed' }],
    ['waits for its second reader', { reviews: [{ at: later, by: 'x', action: 'accept', reason: '', asksSecond: true }] }],
    ['has a time that is not certain', { timeUncertain: true }],
    ['is too young', { receivedAt: '2026-05-20T00:00:00.000Z' }],
    ['was never sent', { deliveries: [] }],
    ['is only accepted', { deliveries: [{ ...committed, state: 'accepted' }] }],
    ['was only found in a list', { deliveries: [{ ...committed, proof: 'listed' }] }],
    ['is committed by another archive only', { deliveries: [{ ...committed, destination: 'other' }] }],
    ['has a report still to be sent', { deliveries: [committed, { ...committed, kind: 'sr', state: 'pending' }] }],
    ['has something that needs a person', { deliveries: [committed, { ...committed, kind: 'pdf', state: 'needs-person' }] }],
    ['was brought back lately', { history: [{ at: '2026-05-20T00:00:00.000Z', event: 'image-restored', by: 'system' }] }]
  ]
  it.each(kept)('never takes what %s', async (_why, change) => {
    const study = await archivedStudy(store, root)
    expect(mayEvict(study, policy, new Date(later))).toBe(true)
    expect(mayEvict({ ...study, ...change }, policy, new Date(later))).toBe(false)
  })

  it('takes an urgent one that a person has seen', async () => {
    const study = await archivedStudy(store, root, { level: 'urgent' })
    expect(mayEvict({ ...study, reviews: [{ at: later, by: 'x', action: 'accept', reason: '' }] }, policy, new Date(later))).toBe(true)
  })

  it('takes what a demonstration found nothing in, which nobody is asked to look at', async () => {
    const study = await archivedStudy(store, root)
    expect(mayEvict({ ...study, triage: { level: 'none', text: '' } }, policy, new Date(later))).toBe(false)
    expect(mayEvict({ ...study, triage: { level: 'none', text: '', code: 'demonstration' } }, policy, new Date(later))).toBe(true)
  })

  it('keeps an image whose promise may be of another study’s, which had left under the same UID', async () => {
    const uids = ['2.25.7', '2.25.8', '2.25.7']
    const studies = await Promise.all(uids.map((sopInstanceUid) => archivedStudy(store, root, { sopInstanceUid })))
    expect(await evictExpired(options, never)).toBe(1)
    expect((await Promise.all(studies.map(({ id }) => store.read(id)))).map(({ evicted }) => evicted !== undefined)).toEqual([false, true, false])
  })

  it('does nothing by a clock that nobody set', async () => {
    await archivedStudy(store, root)
    expect(await evictExpired({ ...options, clockTrusted: () => false }, never)).toBe(0)
  })

  it('takes the oldest first and stops when there is room', async () => {
    const [first, second] = [await archivedStudy(store, root), await archivedStudy(store, root)]
    let free = 0
    const freeBytes = (): Promise<number> => Promise.resolve(free++ === 0 ? 0 : 1000)
    expect(await evictExpired({ ...options, policy: { ...policy, onlyBelowBytes: 500 }, freeBytes }, never)).toBe(1)
    expect((await store.read(first.id)).evicted).toBeDefined()
    expect((await store.read(second.id)).evicted).toBeUndefined()
  })

  it('finishes what a power cut left between the document and the bytes', async () => {
    const study = await archivedStudy(store, root)
    await store.change(study.id, { by: 'system', event: 'image-evicted' }, (now) => ({ ...now, evicted: { at: later, archives: ['pacs'] } }))
    expect(await there(store.objectPath(study))).toBe(true)
    await using _running = startRetention({ ...options, everyMs: 5 })
    for (let turn = 0; turn < 200 && (await there(store.objectPath(study))); turn++) await new Promise((resolve) => { setTimeout(resolve, 10) })
    expect(await there(store.objectPath(study))).toBe(false)
  })
})
