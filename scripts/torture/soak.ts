import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { deepCheck } from '../../src/operations/deep-check.js'
import type { RunningAppliance } from './appliance.js'
import { startAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import { foundClinic, leaveClinic } from './ground.js'
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
  /** Resident memory and open files of the service, after a tenth of the way and at its end. */
  readonly residentMb: readonly [number, number]
  readonly openFiles: readonly [number, number]
  readonly minutes: number
  readonly seed: number
}

type Soak = { readonly ground: Ground; readonly studies: number; readonly seed: number; readonly random: Random; readonly say: (line: string) => void }

const BATCH = 20
const SETTLED_WITHIN_MS = 10 * 60_000

/** A day of a busy clinic in minutes: devices and the link come and go, the plug is pulled now and then, everything is sent and counted. */
export async function soak({ ground, studies, seed, random, say }: Soak): Promise<SoakSummary> {
  const startedMs = performance.now()
  const clinic = await foundClinic(ground, 'soak')
  const acknowledged = new Set<string>()
  const tally = { restarts: 0, linkFailures: 0 }
  const early: [number, number] = [0, 0]
  let appliance = await start(ground, clinic)
  while (acknowledged.size < studies) {
    await sendBatch(clinic, appliance, { random, acknowledged, studies })
    misbehave(clinic, random, tally)
    if (acknowledged.size > (studies * (tally.restarts + 1)) / 3 && tally.restarts < 2) {
      await appliance.kill()
      tally.restarts += 1
      appliance = await start(ground, clinic)
      early[0] = 0
    }
    if (early[0] === 0 && acknowledged.size > (studies * tally.restarts) / 3 + studies / 10) [early[0], early[1]] = [residentMb(appliance.pid), openFiles(appliance.pid)]
    if (acknowledged.size % 500 < BATCH) say(`${acknowledged.size} studies, ${residentMb(appliance.pid)} MB, ${openFiles(appliance.pid)} files open, ${clinic.archive.kept.size} objects at the PACS`)
  }
  calm(clinic)
  await untilAllSent(clinic, appliance)
  const late: [number, number] = [residentMb(appliance.pid), openFiles(appliance.pid)]
  const deep = await deepCheck(clinic.data)
  await appliance.kill()
  for (const { where, what } of deep.problems.slice(0, 20)) say(`DISAGREES ${where}: ${what}`)
  const held = heldFingerprints(clinic)
  const summary: SoakSummary = {
    studies: deep.studies, acknowledgedLost: [...acknowledged].filter((fingerprint) => !held.fingerprints.has(fingerprint)).length, atPacs: clinic.archive.kept.size,
    doubled: [...clinic.archive.kept].filter((uid) => !held.uids.has(uid)).length, disagreements: deep.problems.length, ...tally,
    residentMb: [early[0], late[0]], openFiles: [early[1], late[1]], minutes: Math.round((performance.now() - startedMs) / 6000) / 10, seed
  }
  await leaveClinic(clinic)
  return summary
}

async function start(ground: Ground, clinic: Clinic): Promise<RunningAppliance> {
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site })
  if ('died' in appliance) throw new Error(`The appliance does not start:\n${appliance.died}`)
  return appliance
}

type Sending = { readonly random: Random; readonly acknowledged: Set<string>; readonly studies: number }

/** Most by HTTP, several files a request; a film now and then. */
async function sendBatch(clinic: Clinic, appliance: RunningAppliance, { random, acknowledged, studies }: Sending): Promise<void> {
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

/** The PACS is away for some batches, or its line breaks in the middle. */
function misbehave({ archive }: Clinic, random: Random, tally: { linkFailures: number }): void {
  const [dice, before] = [random.below(20), archive.manners]
  if (dice === 0) archive.manners = 'reject'
  else if (dice < 4) archive.manners = 'accept'
  if (dice === 4) archive.dropAfterBytes = 20_000
  if ((archive.manners === 'reject' && before !== 'reject') || dice === 4) tally.linkFailures += 1
}

function calm({ archive }: Clinic): void {
  archive.manners = 'accept'
  archive.dropAfterBytes = undefined
}

async function untilAllSent(clinic: Clinic, appliance: RunningAppliance): Promise<void> {
  const until = performance.now() + SETTLED_WITHIN_MS
  while (performance.now() < until) {
    await sleep(1000)
    const status = await call({ url: appliance.url, token: clinic.token }, '/api/v1/status').catch(() => undefined) as { studies: { byState: Record<string, number> }; uplink: { outstanding: number; destinations: { accepted: number }[] } } | undefined
    if (status && status.studies.byState['received'] === 0 && status.studies.byState['analysing'] === 0 && status.uplink.outstanding === 0 && status.uplink.destinations[0]?.accepted === 0) return
  }
  throw new Error('Not everything was read and sent in time.')
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

const MOST_GROWTH = { residentMb: 120, openFiles: 20 }

/** What the soak is judged by; empty when all held. */
export const soakFindings = ({ acknowledgedLost, doubled, disagreements, residentMb: [earlyMb, lateMb], openFiles: [earlyFiles, lateFiles] }: SoakSummary): string[] => [
  ...(acknowledgedLost > 0 ? [`${acknowledgedLost} acknowledged objects are lost`] : []), ...(doubled > 0 ? [`the PACS has ${doubled} objects that no document knows`] : []),
  ...(disagreements > 0 ? [`${disagreements} things do not agree (doctor --deep)`] : []),
  ...(lateMb - earlyMb > MOST_GROWTH.residentMb ? [`memory grew from ${earlyMb} to ${lateMb} MB`] : []), ...(lateFiles - earlyFiles > MOST_GROWTH.openFiles ? [`open files grew from ${earlyFiles} to ${lateFiles}`] : [])
]
