import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writeObject } from '../../src/dicom/codec.js'
import { storeObjects } from '../../src/dicom/store-scu.js'
import type { Delivery } from '../../src/domain/delivery.js'
import type { StudyId } from '../../src/domain/ids.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Documents } from '../../src/uplink/destination.js'
import { dicomTransport } from '../../src/uplink/transports/dicom.js'
import type { DicomOptions } from '../../src/uplink/transports/dicom.js'
import { answerOf } from '../../src/uplink/transports/dimse-answers.js'
import type { TransportKind } from '../../src/uplink/transports/transport.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { startFaultyScp } from '../fakes/faulty-scp.js'
import type { Behaviour, FaultyScp } from '../fakes/faulty-scp.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { pacsAt, saying } from './samples.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
const STUDIES = 3
/** The one that is treated badly, of three studies with a report and an image each. */
const BAD = '2.25.22'
const documents: Documents = {
  describe: ({ state, sequence }) => (state !== 'ready' ? undefined : {
    ...saying('a'), objects: () => (['sr', 'image'] as const).map((kind, index) => ({ kind, sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}${index + 1}` }))
  }),
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({ sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1', file: writeObject({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM' }) }))
}
/** The product's own, but for its patience: a minute would be waited for each answer. */
const impatient: TransportKind = {
  ...dicomTransport,
  open: (options, host) => {
    const { host: at, port, aeTitle: calledAe, callingAeTitle: callingAe } = options as DicomOptions
    return {
      ...dicomTransport.open(options as DicomOptions, host),
      async send(cargo, { answered, ...terms }) {
        const { outcomes, problem } = await storeObjects({ host: at, port, calledAe, callingAe }, cargo, { connectMs: 2_000, answerMs: 700, ...terms, answered: (index, outcome) => answered?.(index, answerOf(outcome)) })
        return { answers: outcomes.map(answerOf), ...(problem ? { problem } : {}) }
      }
    }
  }
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

async function clinic(bad: Behaviour, { askAgainMs = 60_000, ...scp }: Partial<Pick<FaultyScp, 'manners' | 'commitment'>> & { readonly askAgainMs?: number } = {}) {
  const root = await temporaryRoot()
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  const pacs = await startFaultyScp({ behaviour: (uid) => (uid === BAD ? bad : 0), ...scp })
  const ids: StudyId[] = []
  for (let i = 0; i < STUDIES; i++) {
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    ids.push(id)
  }
  const uplink = startUplink({
    destinations: [pacsAt(pacs.port, { commitment: scp.commitment !== undefined, overreads: false })], kinds: [impatient], stateFolder: join(root, 'uplink'), store, documents, clock: systemClock, log: silentLog,
    retry: { baseMs: 20, maxMs: 100 }, commitmentPace: { gatherMs: 50, askAgainMs, unsupportedMs: 60_000 }
  })
  closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), () => pacs.close(), async () => uplink[Symbol.asyncDispose]())
  const all = async (): Promise<Delivery[]> => (await Promise.all(ids.map((id) => store.read(id)))).flatMap(({ deliveries = [] }) => deliveries)
  const until = (good: (bad: Delivery, others: Delivery[]) => boolean) => waitFor(async () => {
    const now = await all()
    const one = now.find(({ sopInstanceUid }) => sopInstanceUid === BAD)
    return one && now.length === 2 * STUDIES && good(one, now.filter((each) => each !== one)) ? one : undefined
  }, { timeoutMs: 25_000, hint: () => `came ${pacs.received.join(' ')}; ${JSON.stringify(uplink.status())}` })
  const came = (): number => pacs.received.filter((uid) => uid === BAD).length
  return { pacs, until, came }
}

const othersAreIn = (others: readonly Delivery[]): boolean => others.every(({ state }) => state === 'accepted')
const mended = (pacs: FaultyScp): void => { pacs.behaviour = () => 0 }

describe('a PACS that does to one object', { timeout: 60_000 }, () => {
  it.each([0xb000, 0xb006, 0xb007])('a warning (%d): it is stored, and never sent again', async (status) => {
    const { until, came } = await clinic(status)
    expect(await until((one, others) => one.state === 'accepted-with-warning' && othersAreIn(others))).toMatchObject({ status, problem: { code: 'stored-with-warning' } })
    await new Promise((next) => setTimeout(next, 400))
    expect(came()).toBe(1)
  })

  it.each([0xa700, 0xa702, 0x0110, 0x0213])('no room or no time (%d): the others go on, and it gets there when there is', async (status) => {
    const { until, pacs, came } = await clinic(status)
    expect(await until((one, others) => one.status === status && othersAreIn(others) && came() > 5)).toMatchObject({ state: 'pending', problem: { code: 'destination-busy' } })
    mended(pacs)
    await until((one) => one.state === 'accepted')
  })

  it.each([0xa900, 0xc000, 0xc123, 0x0122, 0x0124])('a refusal (%d): the others go on, a person is asked after five', async (status) => {
    const { until, came } = await clinic(status)
    expect(await until((one, others) => one.state === 'needs-person' && othersAreIn(others))).toMatchObject({ status, attempts: 5, problem: { code: 'refused' } })
    expect(came()).toBe(5)
  })

  it.each(['drop', 'abort', 'never', 'wrong-number', 'wrong-object', 'garbage'] as const)('%s after its last byte: nobody believes that it is there, the others go on, and it comes again under its UID', async (how) => {
    const { until, pacs, came } = await clinic(how)
    await until((one, others) => one.state === 'sent' && othersAreIn(others) && came() >= 2)
    mended(pacs)
    await until((one) => one.state === 'accepted')
  })

  it('a late answer, within its time: it is taken, once', async () => {
    const { until, came } = await clinic({ late: 400, status: 0 })
    await until((one, others) => one.state === 'accepted' && othersAreIn(others))
    expect(came()).toBe(1)
  })

  it('a success, and loses it each time: it does not go round and round on the line', async () => {
    const { pacs } = await clinic('lose', { commitment: 'same-association' })
    const times = (): number => pacs.received.filter((uid) => uid === BAD).length
    await waitFor(() => (times() >= 2 ? true : undefined), { timeoutMs: 10_000, hint: () => pacs.received.join(' ') })
    await new Promise((next) => setTimeout(next, 1_500))
    expect(times()).toBeLessThan(4)
  })

  it('a success, and loses it: commitment finds out, and it is sent again', async () => {
    const { until, pacs, came } = await clinic('lose', { commitment: 'same-association', askAgainMs: 300 })
    await until((_, others) => others.every(({ state }) => state === 'committed') && came() >= 1)
    mended(pacs)
    await until((one) => one.state === 'committed')
    expect([came() >= 2, pacs.kept.has(BAD)]).toEqual([true, true])
  })
})

describe('a PACS that opens an association', { timeout: 60_000 }, () => {
  it('and takes nothing of the kind: a person is asked at once', async () => {
    const { until, came } = await clinic(0, { manners: 'no-contexts' })
    await until((one, others) => [one, ...others].every(({ state, problem }) => state === 'needs-person' && problem?.code === 'not-accepted'))
    expect(came()).toBe(0)
  })

  it.each(['reject', 'mute'] as const)('by %s: all waits, and goes when it opens', async (manners) => {
    const { until, pacs } = await clinic(0, { manners })
    await waitFor(() => pacs.associations >= 2 || undefined, { timeoutMs: 20_000, hint: () => 'never asked twice' })
    pacs.manners = 'accept'
    await until((one, others) => othersAreIn([one, ...others]))
  })
})
