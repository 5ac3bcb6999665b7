import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Patient } from '../../../src/domain/patient.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { StudyStore } from '../../../src/store/study-store.js'
import { problem } from '../../../src/domain/problem.js'
import { err, ok } from '../../../src/domain/result.js'
import { Priors } from '../../../src/uplink/inbound/priors.js'
import type { PriorWay } from '../../../src/uplink/transports/transport.js'
import { uplinkLog } from '../../../src/uplink/uplink-log.js'
import type { Destination, Documents } from '../../../src/uplink/destination.js'
import { startUplink } from '../../../src/uplink/uplink.js'
import { waitFor } from '../../flows/appliance.js'
import { freePort, removeOrthanc, startOrthanc } from '../../flows/orthanc.js'
import type { RunningOrthanc } from '../../flows/orthanc.js'
import { describeWith } from '../../flows/peers.js'
import { samplePatient } from '../../report/sample-study.js'
import { newStudy, temporaryRoot } from '../../store/studies.js'
import { pacsAt, saying } from '../samples.js'
import { priorObject } from './prior-objects.js'

const now = new Date()
const minute = now.getHours() * 60 + now.getMinutes()
const elsewhen = { from: (minute + 60) % 1440, to: (minute + 120) % 1440 }
/** Of which nothing can be made: it stays outstanding. */
const stuck: Documents = { describe: ({ state }) => (state === 'ready' ? { ...saying('a') } : undefined), make: () => new Promise(() => undefined) }

describeWith(['Orthanc'], 'a destination that has earlier images', () => {
  let orthanc: RunningOrthanc
  const closers: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    orthanc = await startOrthanc({ appliancePort: await freePort() })
    const { file } = priorObject('fundus', { seed: 1, day: '2025-01-01' })
    await fetch(`${orthanc.url}/instances`, { method: 'POST', body: new Uint8Array(file) })
  }, 60_000)
  afterAll(async () => {
    await orthanc.stop()
    await removeOrthanc(orthanc)
  })
  afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

  async function clinic(more: Partial<Destination>, { outstanding = false, metered = false } = {}): Promise<{ readonly came: string[]; readonly looked: () => boolean }> {
    const root = await temporaryRoot()
    const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
    if (outstanding) {
      const { id } = await store.create(await newStudy(root))
      await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
    }
    const came: string[] = []
    let looks = 0
    const people = (): readonly Patient[] => { looks += 1; return [samplePatient] }
    const uplink = startUplink({
      destinations: [pacsAt(orthanc.dicomPort, { priors: 2, commitment: false, overreads: false, ...more })], stateFolder: join(root, 'uplink'), store, documents: stuck, clock: systemClock, log: silentLog, metered: () => metered,
      priors: { people, hasRoom: () => true, known: () => Promise.resolve([]), keep: (_, { sopInstanceUid }) => { came.push(sopInstanceUid); return Promise.resolve(true) } }, priorPace: { lookMs: 100, againMs: 60_000, unsupportedMs: 60_000 }
    })
    // What is stuck would be waited for.
    closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), async () => { if (!outstanding) await uplink[Symbol.asyncDispose](); else void uplink[Symbol.asyncDispose]() })
    return { came, looked: () => looks > 5 }
  }

  it('is asked for them when the line is free', { timeout: 30_000 }, async () => {
    const { came } = await clinic({})
    await waitFor(() => came.length === 1 || undefined, { timeoutMs: 15_000, hint: () => 'nothing came' })
  })

  it.each([
    ['something is to be sent', {}, { outstanding: true }], ['it is not the hour', { policy: { onlyUnmetered: false, hours: [elsewhen] } }, {}], ['the way out is paid by its bytes', { policy: { onlyUnmetered: true } }, { metered: true }]
  ] as const)('is not asked while %s', { timeout: 30_000 }, async (_, more, state) => {
    const { came, looked } = await clinic(more, state)
    await waitFor(() => looked() || undefined, { timeoutMs: 15_000, hint: () => 'never looked' })
    expect(came).toEqual([])
  })

  it('is left in the middle as soon as something is to be sent', { timeout: 30_000 }, async () => {
    const root = await temporaryRoot()
    const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
    const end = new AbortController()
    let [isFree, begun, brokenOff] = [true, false, false]
    const way: PriorWay = {
      list: () => Promise.resolve(ok([{ sopClassUid: '1.2.840.10008.5.1.4.1.1.1', sopInstanceUid: '2.25.1', studyInstanceUid: '2.25.2', seriesInstanceUid: '2.25.3' }])),
      fetch: (_, signal) => new Promise((answer) => {
        begun = true
        signal.addEventListener('abort', () => { brokenOff = true; answer(err(problem('aborted', 'Broken off.'))) })
      })
    }
    const running = new Priors({
      destination: { id: 'pacs', priors: 2, policy: {} }, way, store, clock: systemClock, log: uplinkLog(silentLog), signal: end.signal, isFree: () => isFree, moved: () => undefined, pace: { lookMs: 20, againMs: 60_000, unsupportedMs: 60_000 },
      house: { people: () => [samplePatient], hasRoom: () => true, known: () => Promise.resolve([]), keep: () => Promise.resolve(true) }
    }).run()
    closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), () => { end.abort(); return running })
    await waitFor(() => begun || undefined, { timeoutMs: 5_000, hint: () => 'never begun' })
    isFree = false
    await waitFor(() => brokenOff || undefined, { timeoutMs: 2_000, hint: () => 'went on' })
  })

  it.each([['the site says 0', { priors: 0 }], ['it knows nobody by name', { deidentified: true }]] as const)('is never asked where %s', { timeout: 30_000 }, async (_, more) => {
    const { came, looked } = await clinic(more)
    await new Promise((next) => setTimeout(next, 1_500))
    expect([came, looked()]).toEqual([[], false])
  })
})
