import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDimseServer } from '../../src/dicom/dimse-server.js'
import { ok } from '../../src/domain/result.js'
import { createOutgoing } from '../../src/pipeline/outgoing.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Uplink } from '../../src/uplink/uplink.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { until } from '../bench/processes.js'
import { startShapedLink } from '../../test/fakes/shaped-link.js'
import type { Taken } from './clinic.js'
import { takeStudy } from './clinic.js'
import { deliveriesOf, waitingOf } from './findings.js'
import { LeapingClock } from './leaping-clock.js'
import { startPacs } from './pacs.js'
import { Turns } from './turns.js'

const USAGE = 'npm run simulate-days -- [--studies 1000] [--days 14] [--windows 2] [--speed 3]\nA clinic without a link but for windows of 60 s at 20 Mbit/s a day, played faster; the PACS (Orthanc) is restarted in every fifth window.'
const { values } = parseArgs({ options: { studies: { type: 'string', default: '1000' }, days: { type: 'string', default: '14' }, windows: { type: 'string', default: '2' }, speed: { type: 'string', default: '3' }, help: { type: 'boolean', default: false } } })
const [STUDIES, DAYS, WINDOWS, SPEED] = [Number(values.studies), Number(values.days), Number(values.windows), Number(values.speed)]
const WINDOW_S = 60
const BYTES_PER_SECOND = 20e6 / 8
const DAY_MS = 86_400_000
const RESTART_EVERY = 5
const MORNING = new Date('2026-06-01T06:00:00.000Z')
/** How long the machine is watched without a link, of its own time. */
const IDLE_S = 5

type Days = { readonly store: StudyStore; readonly clock: LeapingClock; readonly spool: string; readonly uplink: Uplink; readonly link: Awaited<ReturnType<typeof startShapedLink>>; readonly pacs: Awaited<ReturnType<typeof startPacs>> }
const taken: Taken[] = []
const turns = new Turns()
const counts = { windows: 0, restarts: 0, overtaken: 0, idle: 0 }

const timeOf = (day: number, part: number): Date => new Date(MORNING.getTime() + day * DAY_MS + part * (DAY_MS / 2))

/** Studies come while the link is down; then it lives for a minute. The last day brings none. */
async function playWindow(days: Days, day: number, window: number): Promise<void> {
  const due = Math.ceil((STUDIES * Math.min(1, (day * WINDOWS + window + 1) / ((DAYS - 1) * WINDOWS))))
  while (taken.length < due) taken.push(await takeStudy(days.store, days.spool, days.clock))
  days.clock.leapTo(timeOf(day, window / WINDOWS))
  const waiting = await planned(days)
  if (day === Math.floor(DAYS / 2) && window === 0) counts.idle = await idleShare()
  const openedMs = performance.now()
  await days.link.up()
  counts.windows += 1
  const restart = counts.windows % RESTART_EVERY === 0
  await sleep((WINDOW_S / SPEED) * (restart ? 300 : 1000))
  if (restart) {
    counts.restarts += 1
    await days.pacs.restart()
    await sleep((WINDOW_S / SPEED) * 700)
  }
  await days.link.down(window % 2 === 0 ? 'silent' : 'refused')
  if (window % 2 === 0) days.link.cut()
  await sleep(300)
  counts.overtaken += turns.overtaken(waiting, openedMs)
  const [{ outstanding = 0, accepted = 0, committed = 0 } = {}] = days.uplink.status()
  console.error(`day ${day + 1} window ${window + 1}: ${taken.length} studies, ${outstanding} objects to go, ${accepted} accepted, ${committed} committed${restart ? ', PACS restarted' : ''}`)
}

/** What waits, once all of it is planned: hours lie between an image and the window, and the machine that plays them may be busy. */
async function planned({ store }: Days): Promise<Taken[]> {
  const all = await until('every study is planned', async () => {
    const deliveries = await deliveriesOf(store, taken)
    return [...deliveries.values()].every(({ length }) => length >= 2) ? deliveries : undefined
  }, 120_000)
  return waitingOf(taken, all)
}

async function idleShare(): Promise<number> {
  const before = process.cpuUsage()
  await sleep(IDLE_S * 1000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (IDLE_S * 1e6)
}

async function report(days: Days): Promise<boolean> {
  const deliveries = [...(await deliveriesOf(days.store, taken)).values()].flat()
  const there = await days.pacs.instances()
  const wanted = deliveries.map(({ sopInstanceUid }) => sopInstanceUid)
  const committed = deliveries.filter(({ state }) => state === 'committed').length
  const lost = wanted.filter((uid) => !new Set(there).has(uid)).length
  const twice = there.length - new Set(there).size
  const imageBytes = taken.reduce((sum, one) => sum + one.imageBytes, 0)
  const lines = [
    `${taken.length} studies (${(imageBytes / 1e6).toFixed(0)} MB of images) in ${DAYS} days, ${counts.windows} windows of ${WINDOW_S} s at 20 Mbit/s played ${SPEED} times as fast, PACS restarted ${counts.restarts} times`,
    `committed ${committed} of ${wanted.length} objects; in the PACS ${there.length}; lost ${lost}; twice ${twice}; strangers ${there.filter((uid) => !new Set(wanted).has(uid)).length}`,
    `urgent results that a routine one went before: ${counts.overtaken} of ${taken.filter(({ level }) => level === 'urgent').length}`,
    `bytes on the wire against bytes of images: ${(days.link.bytes.up / imageBytes).toFixed(3)} (${(days.link.bytes.up / 1e6).toFixed(0)} MB up, ${(days.link.bytes.down / 1e6).toFixed(1)} MB down, ${days.link.connections()} connections)`,
    `processor while the link is down: ${(counts.idle * 100).toFixed(1)} % of one core, with a backlog`
  ]
  console.log(lines.join('\n'))
  return committed === wanted.length && wanted.length === 2 * taken.length && lost === 0 && twice === 0 && counts.overtaken === 0
}

async function play(): Promise<boolean> {
  const root = await mkdtemp(join(tmpdir(), 'screenpost-days-'))
  const clock = new LeapingClock(MORNING, SPEED)
  const store = await StudyStore.open({ root, clock, log: silentLog, reserveBytes: 0 })
  const spool = join(root, 'spool')
  const late: { uplink?: Uplink } = {}
  const scp = await startDimseServer({
    host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 8, spoolFolder: spool, log: silentLog, store: () => Promise.resolve(0xa700), committed: (one) => late.uplink?.committed(one)
  })
  const pacs = await startPacs(join(root, 'pacs'), scp.port)
  const link = await startShapedLink({ port: pacs.port }, { bytesPerSecond: BYTES_PER_SECOND * SPEED })
  await link.down('refused')
  const documents = createOutgoing({ store, fullFrame: () => Promise.resolve(ok(undefined)), patient: () => undefined, paper: () => Promise.resolve(new Uint8Array()), siteName: 'Phantom clinic', softwareVersion: '0', pseudonymKey: () => Buffer.alloc(32) })
  const uplink = startUplink({
    destinations: [{
      id: 'pacs', kind: 'dicom', send: ['images', 'sr'], commitment: true, deidentified: false, onCorrection: 'ask', recompress: true, overreads: false, policy: { onlyUnmetered: false },
      options: { host: '127.0.0.1', port: link.port, aeTitle: 'ORTHANC', callingAeTitle: 'SCREENPOST' }
    }],
    stateFolder: join(root, 'uplink'), store, documents, clock, log: silentLog, kinds: [turns.kind]
  })
  late.uplink = uplink
  try {
    const days: Days = { store, clock, spool, uplink, link, pacs }
    for (let day = 0; day < DAYS; day++) {
      for (let window = 0; window < WINDOWS; window++) await playWindow(days, day, window)
    }
    return await report(days)
  } finally {
    await uplink[Symbol.asyncDispose]()
    await link.close()
    await pacs.close()
    await scp.close()
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  }
}

if (values.help) console.log(USAGE)
else process.exitCode = (await play()) ? 0 : 1
