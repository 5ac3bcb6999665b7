import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Destination, Documents } from '../../src/uplink/destination.js'
import type { Transport, TransportKind } from '../../src/uplink/transports/transport.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { pacsAt, saying } from './samples.js'

const documents: Documents = {
  describe: ({ state, sequence }) => (state !== 'ready' ? undefined : { ...saying('a'), objects: () => [{ kind: 'sr', sopClassUid: '1.2', sopInstanceUid: `2.25.${sequence}` }] }),
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({ sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1', file: Buffer.from('result') }))
}
const PACE = { lookMs: 20, afterFailureMs: 50, unsupportedMs: 60_000, mostWaitMs: 60_000 }
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

/** A box with one destination, whose line does as it is told; `came` is what arrived, in order. */
async function box({ more = {}, pace = {} }: { more?: Partial<Destination>; pace?: Partial<typeof PACE> } = {}) {
  const root = await temporaryRoot()
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  const came: string[] = []
  const line = { takesResults: true, isUp: true, knowsHeartbeats: true, asked: 0 }
  const dead = problem('no-answer', 'dead')
  const transport: Transport = {
    address: 'line', probe: () => Promise.resolve(line.isUp ? ok({ ms: 1 }) : err(dead)),
    send: async (cargo, { signal }) => {
      while (!line.takesResults && line.isUp && !signal.aborted) await new Promise((next) => setTimeout(next, 10))
      if (!line.isUp || signal.aborted) return { answers: cargo.map(() => ({ kind: 'untouched' })), problem: dead }
      came.push(...cargo.map(({ sopInstanceUid }) => sopInstanceUid))
      return { answers: cargo.map(() => ({ kind: 'stored' })) }
    },
    beat: (heartbeat) => {
      line.asked += 1
      if (!line.isUp) return Promise.resolve(err(dead))
      if (!line.knowsHeartbeats) return Promise.resolve(err(problem('wrong-address', 'older')))
      came.push(heartbeat)
      return Promise.resolve(ok(true))
    }
  }
  const kind: TransportKind = { kind: 'dicom', archives: true, carries: 'dicom', parseOptions: () => ok({}), open: () => transport }
  const uplink = startUplink({ destinations: [pacsAt(1, { commitment: false, ...more })], kinds: [kind], stateFolder: join(root, 'uplink'), store, documents, clock: systemClock, log: silentLog, heartbeatPace: { ...PACE, ...pace } })
  closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), async () => uplink[Symbol.asyncDispose]())
  const take = async (): Promise<void> => {
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready', triage: { level: 'routine', text: 'x' } }))
  }
  const until = (what: () => boolean) => waitFor(() => what() || undefined, { timeoutMs: 10_000, hint: () => JSON.stringify({ came, line, status: uplink.status() }) })
  return { uplink, line, came, take, until }
}
const aWhile = (): Promise<void> => new Promise((next) => setTimeout(next, 300))

describe('a heartbeat on the uplink', { timeout: 30_000 }, () => {
  it('goes when the line is free, once, and only the newest', async () => {
    const { uplink, came, until } = await box()
    uplink.beat('one')
    uplink.beat('two')
    await until(() => came.length > 0)
    await aWhile()
    expect(came).toEqual(['two'])
  })

  it('stands behind every result that may leave', async () => {
    const { uplink, line, came, take, until } = await box()
    line.takesResults = false
    await take()
    await until(() => uplink.status()[0]?.outstanding === 1)
    uplink.beat('beat')
    await aWhile()
    expect(came).toEqual([])
    line.takesResults = true
    await until(() => came.length === 2)
    expect(came).toEqual([expect.stringMatching(/^2\.25\./), 'beat'])
  })

  it('is heard all the same of a box that gets rid of nothing', async () => {
    const { uplink, line, came, take, until } = await box({ pace: { mostWaitMs: 200 } })
    line.takesResults = false
    await take()
    await until(() => uplink.status()[0]?.outstanding === 1)
    uplink.beat('beat')
    await until(() => came.length === 1)
    line.isUp = false
  })

  it('outlives a dead line, and shows by its arrival that it is back', async () => {
    const { uplink, line, came, take, until } = await box()
    line.isUp = false
    uplink.beat('lost')
    await until(() => line.asked > 1)
    uplink.beat('newest')
    line.isUp = true
    await until(() => came.length > 0)
    expect(came).toEqual(['newest'])
    expect(uplink.status()[0]).toMatchObject({ reachable: true })
    await take()
    await until(() => came.length === 2)
  })

  it('waits for the hours of the site, and is not offered again at once to a relay that knows none', async () => {
    const now = new Date()
    const minute = now.getHours() * 60 + now.getMinutes()
    const closed = await box({ more: { policy: { onlyUnmetered: false, hours: [{ from: (minute + 120) % 1440, to: (minute + 180) % 1440 }] } } })
    const older = await box()
    older.line.knowsHeartbeats = false
    closed.uplink.beat('beat')
    older.uplink.beat('beat')
    await until1(older.line)
    await aWhile()
    expect([closed.line.asked, older.line.asked]).toEqual([0, 1])
  })
})

const until1 = (line: { asked: number }) => waitFor(() => line.asked === 1 || undefined, { timeoutMs: 10_000, hint: () => 'never offered' })
