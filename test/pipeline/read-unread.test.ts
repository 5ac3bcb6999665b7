import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/domain/problem.js'
import type { Study } from '../../src/domain/study.js'
import { readUnread } from '../../src/pipeline/read-unread.js'
import type { PackState } from '../../src/pipeline/reader/protocol.js'
import type { Reader } from '../../src/pipeline/reader/reader.js'
import { silentLog } from '../../src/platform/log.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { unknownChoices } from '../../src/triage/operating-point.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { newStudy, openStore, temporaryRoot } from '../store/studies.js'
import { urgentFundus } from '../web/views/samples.js'

const PACK: PackState = { id: 'tb-chest', version: '1.0.0', inService: true, task: 'findings', modality: 'cxr', asksAge: true, points: ['screening', 'strict'] }
const NO_PACK = { ...urgentFundus.reading!, pack: null, modality: 'cxr' as const, findings: [], quality: { gradable: false, score: 0, reasons: [{ code: 'no-pack', text: '' }] } }
const LENIENT: Problem = unknownChoices({ 'tb-chest': 'lenient' }, [PACK])[0]!

describe('what could not be read for want of a pack or a point', () => {
  let root: string
  let store: StudyStore
  let packs: readonly PackState[]
  let tell: () => void
  let unread: ReturnType<typeof readUnread> | undefined
  beforeEach(async () => {
    root = await temporaryRoot()
    store = await openStore(root)
    packs = []
  })
  afterEach(async () => {
    await unread?.close()
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })

  const start = (chosen: string, now = '2026-03-02T08:00:00.000Z'): void => {
    const status = () => ({ packs, alive: true, provider: 'cpu' as const, restarts: 0 })
    const reader: Pick<Reader, 'status' | 'onStatus'> = { status, onStatus: (listener) => { tell = () => listener(status()); return () => undefined } }
    unread = readUnread({ store, reader, clock: fixedClock(now), log: silentLog, operatingPoints: { 'tb-chest': chosen } })
  }
  const image = async (as: Partial<Study>, receivedAt = '2026-03-01T08:00:00.000Z'): Promise<string> => {
    const { id } = await store.create(await newStudy(root, { receivedAt }))
    await store.change(id, { by: 'system', event: 'analysed' }, (now) => ({ ...now, ...as }))
    return id
  }
  const failed = (failure: Problem) => image({ state: 'failed', failure })
  const stateOf = (id: string): string => store.summary(id)!.state
  const read = (id: string) => store.change(id, { by: 'system', event: 'analysed' }, (now) => ({ ...now, state: 'ready', reading: urgentFundus.reading! }))

  it('is read again when it is there, the newest first and one after the other, and nothing else is', async () => {
    const [first, other, second] = [await failed(LENIENT), await failed({ code: 'truncated', message: '' }), await image({ state: 'ready', reading: NO_PACK })]
    const old = await image({ state: 'ready', reading: NO_PACK }, '2025-03-01T08:00:00.000Z')
    start('strict')
    packs = [PACK]
    tell()
    await expect.poll(() => [first, other, second, old].map(stateOf)).toEqual(['failed', 'failed', 'received', 'ready'])
    await read(second)
    await expect.poll(() => [first, other, second, old].map(stateOf)).toEqual(['received', 'failed', 'ready', 'ready'])
    expect((await store.read(first)).history.at(-1)).toMatchObject({ event: 'retry', by: 'system', detail: 'pack-in-service' })
  })

  it('reads no archive again while the clock stands in 1970', async () => {
    const [old, recent] = [await image({ state: 'ready', reading: NO_PACK }, '2024-03-01T08:00:00.000Z'), await image({ state: 'ready', reading: NO_PACK })]
    start('strict', '1970-01-01T00:05:00.000Z')
    packs = [PACK]
    tell()
    await expect.poll(() => stateOf(recent)).toBe('received')
    await read(recent)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([old, recent].map(stateOf)).toEqual(['ready', 'ready'])
  })

  it('waits while the name is still wrong, the pack is not in service, or a clinician has decided', async () => {
    const reviews = [{ at: '2026-03-01T09:00:00.000Z', by: 'doctor', action: 'reject' as const, reason: 'x' }]
    const last = await image({ state: 'ready', reading: NO_PACK })
    const ids = [await failed(LENIENT), await image({ state: 'ready', reading: { ...NO_PACK, modality: 'ultrasound' } }), await image({ state: 'ready', reading: NO_PACK, reviews })]
    start('lenient')
    packs = [PACK]
    tell()
    // The oldest comes last: all others were looked at by then.
    await expect.poll(() => stateOf(last)).toBe('received')
    expect(ids.map(stateOf)).toEqual(['failed', 'ready', 'ready'])
  })
})
