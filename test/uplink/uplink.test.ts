import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writeObject } from '../../src/dicom/codec.js'
import type { Delivery } from '../../src/domain/delivery.js'
import type { StudyId } from '../../src/domain/ids.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Documents } from '../../src/uplink/destination.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { waitFor } from '../flows/appliance.js'
import { startFaultyPacs } from './faulty-pacs.js'
import type { Behaviour } from './faulty-pacs.js'
import { pacsAt, saying } from './samples.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
/** `2.25.<sequence>1` is the report and `2.25.<sequence>2` the image of a study. */
const documents: Documents = {
  describe: ({ state, sequence }) => (state !== 'ready' ? undefined : {
    ...saying('a'), objects: () => [
      { kind: 'sr', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}1` }, { kind: 'image', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}2` }
    ]
  }),
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({
    sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1', file: writeObject({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM' })
  }))
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

type More = { readonly retry?: { readonly baseMs: number; readonly maxMs: number }; /** The store as the uplink has it. */ readonly throughStore?: (store: StudyStore) => StudyStore }

async function site(behaviour: Behaviour, studies: number, { retry = { baseMs: 20, maxMs: 100 }, throughStore = (store) => store }: More = {}) {
  const root = await temporaryRoot()
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  const faulty = await startFaultyPacs(behaviour)
  const ids: StudyId[] = []
  for (let i = 0; i < studies; i++) {
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    ids.push(id)
  }
  const start = () => startUplink({ destinations: [pacsAt(faulty.port, { commitment: false })], stateFolder: join(root, 'uplink'), store: throughStore(store), documents, clock: systemClock, log: silentLog, retry })
  const uplink = start()
  closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), () => faulty.close(), async () => uplink[Symbol.asyncDispose]())
  const deliveries = async (): Promise<Delivery[]> => (await Promise.all(ids.map((id) => store.read(id)))).flatMap(({ deliveries: all = [] }) => all)
  const until = (good: (all: Delivery[]) => boolean) => waitFor(async () => {
    const all = await deliveries()
    return all.length === 2 * studies && good(all) ? all : undefined
  }, { timeoutMs: 20_000, hint: () => `received ${faulty.pacs.received.join(' ')}; ${JSON.stringify(uplink.status())}` })
  return { ...faulty, root, uplink, store, ids, until }
}

const times = (received: readonly string[], uid: string): number => received.filter((one) => one === uid).length
const all = (state: Delivery['state']) => (deliveries: Delivery[]): boolean => deliveries.every((one) => one.state === state)

describe('the uplink', { timeout: 30_000 }, () => {
  it('brings every object once, and counts', async () => {
    const { until, pacs: peer, uplink } = await site(() => 0, 5)
    await until(all('accepted'))
    expect(peer.received.length).toBe(10)
    expect(uplink.status()).toMatchObject([{ id: 'pacs', reachable: true, outstanding: 0, accepted: 10, needsPerson: 0 }])
  })

  it('never sends again what was stored with a warning', async () => {
    const { until, pacs: peer } = await site(() => 0xb000, 1)
    await until(all('accepted-with-warning'))
    await new Promise((next) => setTimeout(next, 400))
    expect(peer.received.length).toBe(2)
  })

  it('tries again while the destination is full, and it gets there', async () => {
    const { until, pacs: peer } = await site(() => 0xa700, 1)
    await waitFor(() => (times(peer.received, '2.25.11') >= 4 ? true : undefined), { timeoutMs: 15_000, hint: () => peer.received.join(' ') })
    peer.behaviour = () => 0
    await until(all('accepted'))
  })

  it('does not let one object that is refused hold up the others, and asks a person for it', async () => {
    const { until, uplink, pacs: peer } = await site((uid) => (uid === '2.25.12' ? 0xc000 : 0), 3)
    const deliveries = await until((each) => each.every(({ state }) => state === 'accepted' || state === 'needs-person'))
    expect(deliveries.filter(({ state }) => state === 'needs-person').map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['2.25.12'])
    await waitFor(() => uplink.status()[0]?.problem?.code === 'refused' || undefined, { timeoutMs: 2_000, hint: () => JSON.stringify(uplink.status()) })
    peer.behaviour = () => 0
    expect(await uplink.resend('pacs')).toBe(1)
    await until(all('accepted'))
    expect(await uplink.resend('nowhere')).toBeUndefined()
  })

  it('goes on with the others when the line drops at one object each time, and brings that one later', async () => {
    const { until, pacs: peer } = await site((uid) => (uid === '2.25.12' ? 'drop' : 0), 3)
    await until((each) => each.filter(({ state }) => state === 'accepted').length === 5)
    peer.behaviour = () => 0
    await until(all('accepted'))
  })

  it('does not fill the line with what its disk does not let it write down, and writes it down when that does', async () => {
    let isReadOnly = true
    const throughStore = (store: StudyStore) => new Proxy(store, { get: (target, name) => {
      if (name === 'change') return (...given: Parameters<StudyStore['change']>) => (isReadOnly && given[1].event === 'delivery.pacs' ? Promise.reject(new Error('EROFS')) : target.change(...given))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value
    } })
    const { until, pacs: peer } = await site(() => 0, 1, { retry: { baseMs: 2_000, maxMs: 2_000 }, throughStore })
    await waitFor(() => (peer.received.length >= 2 ? true : undefined), { timeoutMs: 10_000, hint: () => 'nothing was sent' })
    await new Promise((next) => setTimeout(next, 500))
    expect(times(peer.received, '2.25.11')).toBeLessThan(4)
    isReadOnly = false
    await until(all('accepted'))
  })

  it('says that nobody takes the kind of object instead of keeping silent', async () => {
    const { root, store, pacs: peer, uplink } = await site(() => 0, 0)
    peer.accepts = false
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    await waitFor(async () => ((await store.read(id)).deliveries?.every(({ state, problem }) => state === 'needs-person' && problem?.code === 'not-accepted') ? true : undefined),
      { timeoutMs: 10_000, hint: () => JSON.stringify(uplink.status()) })
  })
})
