import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeepReport } from '../../src/operations/deep-check.js'
import { deepCheck } from '../../src/operations/deep-check.js'
import type { RunningAppliance } from './appliance.js'
import { startAppliance } from './appliance.js'
import { cameraComes, rudeGuests, serialLine, startDigitizer } from './company.js'
import type { Clinic, Ground } from './ground.js'
import { foundClinic, leaveClinic } from './ground.js'
import { heldMb, measurable } from './held-memory.js'
import type { Random } from './random.js'
import { call, makePicture, sendFilm, sha256 } from './traffic.js'

export type SoakSummary = {
  readonly studies: number
  readonly acknowledgedLost: number
  /** Objects that the PACS has, and those that a document knows to be there. */
  readonly atPacs: number
  readonly doubled: number
  readonly disagreements: number
  readonly restarts: number
  readonly linkFailures: number
  /** Films that came over the serial line since the last start. */
  readonly bySerialLine: number
  /** What the service holds on to once all that is unused is collected: early in its last life, with all studies there and unsent, and after all is sent. */
  readonly heldMb: readonly [number, number, number]
  /** The least resident memory of the service in the first and in the last third of its last life; unused memory counts until it is collected. */
  readonly residentMb: readonly [number, number]
  /** The most in that life, and what it was a minute after the last object had gone. */
  readonly peakMb: number
  readonly atRestMb: number
  /** Of the service, a tenth of the way after its last start and at the end; `samples` is the way between them. */
  readonly openFiles: readonly [number, number]
  readonly samples: readonly Sample[]
  readonly minutes: number
  readonly seed: number
}

/** What the service took when so many studies were acknowledged and so many objects were at the PACS. */
export type Sample = { readonly acknowledged: number; readonly atPacs: number; readonly residentMb: number; readonly openFiles: number }

type Soak = { readonly ground: Ground; readonly studies: number; readonly seed: number; readonly random: Random; readonly say: (line: string) => void }

const BATCH = 20
/** Everything is waited for as long as something still moves. */
const STANDSTILL_MS = 3 * 60_000
const RESTARTS = 2
const SAMPLE_EVERY = 250
/** Threads and buffers that nobody asks for are given back meanwhile. */
const REST_MS = 60_000

/** A day of a busy clinic in minutes: devices, guests and the link come and go, the plug is pulled now and then, everything is sent and counted. */
export async function soak(given: Soak): Promise<SoakSummary> {
  const startedMs = performance.now()
  const clinic = await foundClinic(given.ground, 'soak', (folder) => [{ id: 'digitizer', kind: 'serial-digitizer', options: { path: serialLine(folder) } }])
  const digitizer = startDigitizer(given.ground, clinic)
  const day: Day = { ...given, clinic, acknowledged: new Set(), tally: { restarts: 0, linkFailures: 0 }, samples: [], held: [], appliance: await start(given.ground, clinic) }
  try {
    while (day.acknowledged.size < given.studies) await morning(day)
    calm(clinic)
    await digitizer.end()
    await hold(day)
    await untilAllSent(day)
    sample(day)
    await sleep(REST_MS)
    const atRestMb = residentMb(day.appliance.pid)
    await hold(day)
    const [bySerialLine, deep] = [await receivedBy(day, 'digitizer'), await deepCheck(clinic.data)]
    for (const { where, what } of deep.problems.slice(0, 20)) given.say(`DISAGREES ${where}: ${what}`)
    return summaryOf(day, { bySerialLine, atRestMb, deep, minutes: Math.round((performance.now() - startedMs) / 6000) / 10 })
  } finally {
    await digitizer.end()
    await day.appliance.kill()
    await leaveClinic(clinic)
  }
}

type Day = Soak & { readonly clinic: Clinic; readonly acknowledged: Set<string>; readonly tally: { restarts: number; linkFailures: number }; readonly samples: Sample[]; readonly held: number[]; appliance: RunningAppliance }

function sample({ acknowledged, clinic, appliance, samples, say }: Day): void {
  const now = { acknowledged: acknowledged.size, atPacs: clinic.archive.kept.size, residentMb: residentMb(appliance.pid), openFiles: openFiles(appliance.pid) }
  samples.push(now)
  say(`${now.acknowledged} studies, ${now.residentMb} MB, ${now.openFiles} files open, ${now.atPacs} objects at the PACS`)
}

async function hold({ appliance, clinic, held, say }: Day): Promise<void> {
  held.push(await heldMb(appliance.pid, clinic.folder))
  say(`${held.at(-1)} MB held`)
}

/** One batch and what happens beside it; the plug is pulled early in the day, so that most of it is one life. */
async function morning(day: Day): Promise<void> {
  const { acknowledged, studies, tally } = day
  const before = acknowledged.size
  await sendBatch(day)
  await misbehave(day)
  if (tally.restarts < RESTARTS && acknowledged.size > (studies * (tally.restarts + 1)) / 10) {
    await day.appliance.kill()
    tally.restarts += 1
    day.samples.length = day.held.length = 0
    day.appliance = await start(day.ground, day.clinic)
  } else if (tally.restarts === RESTARTS && day.held.length === 0 && acknowledged.size > (studies * (RESTARTS + 1)) / 10) await hold(day)
  else if (Math.floor(acknowledged.size / SAMPLE_EVERY) > Math.floor(before / SAMPLE_EVERY)) sample(day)
}

function summaryOf({ acknowledged, clinic, samples, held: [early = 0, full = early, end = full], studies, tally, seed }: Day, { deep, ...rest }: Pick<SoakSummary, 'bySerialLine' | 'atRestMb' | 'minutes'> & { deep: DeepReport }): SoakSummary {
  const known = heldFingerprints(clinic)
  const first = samples.find((one) => one.acknowledged >= (studies * (RESTARTS + 1)) / 10) ?? samples[0]!
  const late = samples.at(-1)!
  return {
    studies: deep.studies, acknowledgedLost: [...acknowledged].filter((fingerprint) => !known.fingerprints.has(fingerprint)).length, atPacs: clinic.archive.kept.size,
    doubled: [...clinic.archive.kept].filter((uid) => !known.uids.has(uid)).length, disagreements: deep.problems.length, ...tally, ...rest, heldMb: [early, full, end],
    ...memoryOf(samples), openFiles: [first.openFiles, late.openFiles], samples, seed
  }
}

function memoryOf(samples: readonly Sample[]): Pick<SoakSummary, 'residentMb' | 'peakMb'> {
  const all = samples.map((one) => one.residentMb)
  const third = Math.max(1, Math.floor(all.length / 3))
  return { residentMb: [Math.min(...all.slice(0, third)), Math.min(...all.slice(-third))], peakMb: Math.max(...all) }
}

async function start(ground: Ground, clinic: Clinic): Promise<RunningAppliance> {
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site, env: measurable(clinic.folder) })
  if ('died' in appliance) throw new Error(`The appliance does not start:\n${appliance.died}`)
  return appliance
}

/** Most by HTTP, several files a request; a film now and then. */
async function sendBatch({ clinic, appliance, random, acknowledged, studies }: Day): Promise<void> {
  const visit = { url: appliance.url, dicomPort: appliance.dicomPort, token: clinic.token, scratch: clinic.folder, random, ledger: [], now: () => 0 }
  const pictures = Array.from({ length: Math.min(BATCH, studies - acknowledged.size) }, () => makePicture(random))
  const form = new FormData()
  for (const picture of pictures) form.append('file', new Blob([new Uint8Array(picture)]), 'eye.bmp')
  const answer = await call(visit, '/api/v1/uploads', form).catch(() => undefined) as { files: { outcome: string }[] } | undefined
  for (const [index, { outcome }] of (answer?.files ?? []).entries()) if (outcome === 'stored' || outcome === 'duplicate') acknowledged.add(sha256(pictures[index]!))
  if (random.below(10) > 0) return
  const films: Parameters<typeof sendFilm>[0]['ledger'] = []
  await sendFilm({ ...visit, ledger: films })
  for (const film of films) if (film.kind === 'object') acknowledged.add(film.fingerprint)
}

/** The PACS is away for some batches, or its line breaks in the middle; a camera is emptied, tablets fall asleep, a modality hangs up. */
async function misbehave({ clinic, appliance, random, tally, acknowledged }: Day): Promise<void> {
  const { archive } = clinic
  const [dice, before] = [random.below(20), archive.manners]
  if (dice === 0) archive.manners = 'reject'
  else if (dice < 4) archive.manners = 'accept'
  if (dice === 4) archive.dropAfterBytes = 20_000
  if ((archive.manners === 'reject' && before !== 'reject') || dice === 4) tally.linkFailures += 1
  if (dice < 6) rudeGuests(appliance, clinic.token, random)
  if (dice === 7) await cameraComes(clinic, { random, acknowledged, isGone: appliance.isGone })
}

function calm({ archive }: Clinic): void {
  archive.manners = 'accept'
  archive.dropAfterBytes = undefined
}

type Status = { readonly studies: { readonly byState: Record<string, number> }; readonly uplink: { readonly outstanding: number; readonly destinations: { readonly accepted: number }[] } }

/** Reading makes work for the line, so that the sum of both may grow while all goes well: each counts by itself. */
async function untilAllSent(day: Day): Promise<void> {
  const { clinic, appliance } = day
  let last: { left: Left; atMs: number; status?: Status } = { left: { unread: Infinity, unsent: Infinity, accepted: -1 }, atMs: performance.now() }
  for (let turn = 1; performance.now() - last.atMs < STANDSTILL_MS; turn++) {
    await sleep(1000)
    if (turn % 5 === 0) sample(day)
    const status = await call({ url: appliance.url, token: clinic.token }, '/api/v1/status').catch(() => undefined) as Status | undefined
    if (!status) continue
    const left = leftOf(status, clinic.archive.kept.size)
    if (left.unread + left.unsent === 0) return
    if (left.unread < last.left.unread || left.unsent < last.left.unsent || left.accepted > last.left.accepted) last = { left, atMs: performance.now(), status }
  }
  throw new Error(`Not everything was read and sent: ${JSON.stringify(last.left)} are left, and nothing moved for ${STANDSTILL_MS / 60_000} minutes: ${JSON.stringify(last.status)}`)
}

type Left = { readonly unread: number; readonly unsent: number; readonly accepted: number }

const leftOf = ({ studies: { byState }, uplink }: Status, accepted: number): Left =>
  ({ unread: (byState['received'] ?? 0) + (byState['analysing'] ?? 0), unsent: uplink.outstanding + (uplink.destinations[0]?.accepted ?? 0), accepted })

async function receivedBy({ clinic, appliance: { url } }: Day, id: string): Promise<number> {
  const { devices } = await call({ url, token: clinic.token }, '/api/v1/devices') as { devices: { id: string; received: number }[] }
  return devices.find((each) => each.id === id)?.received ?? 0
}

const residentMb = (pid: number): number => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

function heldFingerprints({ data }: Clinic): { fingerprints: Set<string>; uids: Set<string> } {
  const [fingerprints, uids] = [new Set<string>(), new Set<string>()]
  for (const name of readdirSync(`${data}/studies`, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('/study.json') || name.startsWith('.new')) continue
    const { data: study } = JSON.parse(readFileSync(`${data}/studies/${name}`, 'utf8')) as { data: { object: { fingerprint: string }; deliveries?: { sopInstanceUid: string }[] } }
    fingerprints.add(study.object.fingerprint)
    for (const { sopInstanceUid } of study.deliveries ?? []) uids.add(sopInstanceUid)
  }
  return { fingerprints, uids }
}

/** Of what is held: the index has a line for each study, and it grows while 3,500 more of them come. */
const MOST_GROWTH = { heldMb: 60, residentMb: 120, openFiles: 20 }
const MOST_MB = 900

/** What the soak is judged by; empty when all held. */
export const soakFindings = ({ acknowledgedLost, doubled, disagreements, heldMb: [earlyHeld, , endHeld], residentMb: [earlyMb, lateMb], peakMb, openFiles: [earlyFiles, lateFiles] }: SoakSummary): string[] => [
  ...(acknowledgedLost > 0 ? [`${acknowledgedLost} acknowledged objects are lost`] : []), ...(doubled > 0 ? [`the PACS has ${doubled} objects that no document knows`] : []),
  ...(disagreements > 0 ? [`${disagreements} things do not agree (doctor --deep)`] : []),
  ...(endHeld - earlyHeld > MOST_GROWTH.heldMb ? [`memory that is held grew from ${earlyHeld} to ${endHeld} MB`] : []),
  ...(lateMb - earlyMb > MOST_GROWTH.residentMb ? [`memory grew from ${earlyMb} to ${lateMb} MB`] : []), ...(peakMb > MOST_MB ? [`memory reached ${peakMb} MB`] : []), ...(lateFiles - earlyFiles > MOST_GROWTH.openFiles ? [`open files grew from ${earlyFiles} to ${lateFiles}`] : [])
]
