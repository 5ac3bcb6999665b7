import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writeObject } from '../../src/dicom/codec.js'
import { ok } from '../../src/domain/result.js'
import type { TriageLevel } from '../../src/domain/finding.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Destination, Documents } from '../../src/uplink/destination.js'
import { mayLeave } from '../../src/uplink/gate.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { startShapedLink } from '../fakes/shaped-link.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { startFaultyPacs } from './faulty-pacs.js'
import { delivery, pacsAt, saying } from './samples.js'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
const IMAGE_BYTES = 20_000_000
const RESULT_BYTES = 10_000
const LINK_BYTES_PER_SECOND = 64_000 / 8
const FAST = 2_000_000
/** The studies of these tests are of 2026. */
const FOR_YEARS = 24 * 365 * 50

/** `2.25.<sequence>1` is the result and `2.25.<sequence>2` the image of a study. */
const documents = (imageBytes: number, nameless: boolean): Documents => ({
  describe: ({ state, sequence }) => (state !== 'ready' ? undefined : {
    ...saying('a'), ...(nameless ? { identity: { ...saying('a').identity, source: 'none' as const } } : {}), objects: () => [
      { kind: 'sr', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}1` }, { kind: 'image', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.${sequence}2` }
    ]
  }),
  make: (_, { kind, sopClassUid, sopInstanceUid }) => Promise.resolve(ok({
    sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1',
    file: writeObject({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM', PixelData: new ArrayBuffer(kind === 'image' ? imageBytes : RESULT_BYTES) })
  }))
})

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

async function clinic({ bytesPerSecond, imageBytes = IMAGE_BYTES, more = {}, nameless = false }: { bytesPerSecond: number; imageBytes?: number; more?: Partial<Destination>; nameless?: boolean }) {
  const root = await temporaryRoot()
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  const pacs = await startFaultyPacs(() => 0)
  const link = await startShapedLink({ port: pacs.port }, { bytesPerSecond, latencyMs: 100 })
  const uplink = startUplink({ destinations: [pacsAt(link.port, { commitment: false, ...more })], stateFolder: join(root, 'uplink'), store, documents: documents(imageBytes, nameless), clock: systemClock, log: silentLog })
  closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), () => pacs.close(), () => link.close(), async () => uplink[Symbol.asyncDispose]())
  const take = async (level: TriageLevel): Promise<number> => {
    const { id } = await store.create(await newStudy(root))
    return (await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready', triage: { level, text: 'x' } }))).sequence
  }
  const arrived = (uid: string, timeoutMs: number) => waitFor(() => pacs.pacs.received.includes(uid) || undefined, { timeoutMs, hint: () => `came: ${pacs.pacs.received.join(' ')}; ${JSON.stringify(uplink.status())}` })
  return { pacs: pacs.pacs, link, uplink, take, arrived }
}

describe('a verdict over a satellite of 64 kbit/s', () => {
  it('leaves within 10 s of the link\'s return, an image of 20 MB under way beside it', { timeout: 120_000 }, async () => {
    const { link, take, arrived } = await clinic({ bytesPerSecond: LINK_BYTES_PER_SECOND })
    const first = await take('routine')
    await arrived(`2.25.${first}1`, 30_000)
    await waitFor(() => link.bytes.up > 60_000 || undefined, { timeoutMs: 30_000, hint: () => 'the image is not under way' })
    const beside = await take('urgent')
    await arrived(`2.25.${beside}1`, 10_000)
    await link.down('refused')
    const after = await take('urgent')
    await new Promise((next) => setTimeout(next, 6_000))
    await link.up()
    const backMs = performance.now()
    await arrived(`2.25.${after}1`, 10_000)
    expect(performance.now() - backMs).toBeLessThan(10_000)
  })
})

describe('the terms of a site', () => {
  it('hold images back outside the hours, and never the result of an urgent study', { timeout: 60_000 }, async () => {
    const now = new Date()
    const minute = now.getHours() * 60 + now.getMinutes()
    const closed = { from: (minute + 120) % 1440, to: (minute + 180) % 1440 }
    const { pacs, take, arrived, uplink } = await clinic({ bytesPerSecond: FAST, imageBytes: 1000, more: { policy: { onlyUnmetered: false, hours: [closed] } } })
    await take('routine')
    const urgent = await take('urgent')
    await arrived(`2.25.${urgent}1`, 20_000)
    await new Promise((next) => setTimeout(next, 1_000))
    expect(pacs.received).toEqual([`2.25.${urgent}1`])
    expect(uplink.status()[0]).toMatchObject({ outstanding: 3, waitingFor: 'hours' })
  })

  it('hold back what nobody is named for until the time is over, and never the result of an urgent study', { timeout: 60_000 }, async () => {
    const { pacs, take, arrived, uplink } = await clinic({ bytesPerSecond: FAST, imageBytes: 1000, more: { policy: { onlyUnmetered: false, holdUnattachedHours: FOR_YEARS } }, nameless: true })
    await take('routine')
    const urgent = await take('urgent')
    await arrived(`2.25.${urgent}1`, 20_000)
    await new Promise((next) => setTimeout(next, 1_000))
    expect(pacs.received).toEqual([`2.25.${urgent}1`])
    expect(uplink.status()[0]).toMatchObject({ outstanding: 3, waitingFor: 'name' })
    expect(mayLeave({ onlyUnmetered: false, holdUnattachedHours: 1 }, { level: 'routine', delivery, namelessSince: '2026-03-04T10:00:00.000Z' }, { minuteOfDay: 0, metered: false, bytesToday: 0, nowMs: Date.parse('2026-03-04T10:59:00.000Z') })).toBe(false)
    expect(mayLeave({ onlyUnmetered: false, holdUnattachedHours: 1 }, { level: 'routine', delivery, namelessSince: '2026-03-04T10:00:00.000Z' }, { minuteOfDay: 0, metered: false, bytesToday: 0, nowMs: Date.parse('2026-03-04T11:00:00.000Z') })).toBe(true)
  })

  it('let no more bytes a second go than the site allows', { timeout: 60_000 }, async () => {
    const { take, arrived } = await clinic({ bytesPerSecond: FAST, imageBytes: 200_000, more: { policy: { onlyUnmetered: false, bytesPerSecond: 50_000 } } })
    const startedMs = performance.now()
    const one = await take('routine')
    await arrived(`2.25.${one}2`, 40_000)
    expect(performance.now() - startedMs).toBeGreaterThan(2_500)
  })

  it('stop at the bytes of a day', { timeout: 60_000 }, async () => {
    const { pacs, take, arrived, uplink } = await clinic({ bytesPerSecond: FAST, imageBytes: 60_000, more: { policy: { onlyUnmetered: false, bytesPerDay: 50_000 } } })
    const one = await take('routine')
    await arrived(`2.25.${one}2`, 20_000)
    await waitFor(() => uplink.status()[0]?.waitingFor === 'bytes' || undefined, { timeoutMs: 10_000, hint: () => JSON.stringify(uplink.status()) })
    await take('routine')
    const urgent = await take('urgent')
    await arrived(`2.25.${urgent}1`, 10_000)
    await new Promise((next) => setTimeout(next, 1_000))
    expect(uplink.status()[0]?.outstanding).toBe(3)
    expect(pacs.received).toEqual([`2.25.${one}1`, `2.25.${one}2`, `2.25.${urgent}1`])
  })
})
