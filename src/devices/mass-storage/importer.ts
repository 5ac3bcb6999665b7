import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../domain/problem.js'
import { eyeInName } from '../../domain/eye-in-name.js'
import { waitMs } from '../../platform/backoff.js'
import type { DeviceHost } from '../device-kind.js'
import { copyVerified } from './copy-file.js'
import type { ImportJournal, ImportRequest } from './import-journal.js'
import type { Listing, MediumFile } from './list-files.js'
import { noRoom, vanished } from './problems.js'

/** How an import stands; `wanted` counts what this import is to take, done or not. */
export type ImportProgress = {
  readonly wanted: number
  done: number
  readonly failed: { name: string; problem: Problem }[]
  failures: number
  quarantined: number
  /** Why nothing can be taken at the moment. */
  waitsFor?: Problem
}

export type ImportParts = {
  readonly root: Buffer
  readonly listing: Listing
  readonly journal: ImportJournal
  readonly request: ImportRequest
  readonly host: DeviceHost
  readonly signal: AbortSignal
  /** Whether the medium is still the one that was listed. */
  isThere(): Promise<boolean>
  changed(): void
}

const SHOWN_FAILURES = 100
const RETRY_FIRST_MS = 1000
const RETRY_MAX_MS = 30_000

/** ended: all that could be taken is durable. interrupted: the medium is gone or we were asked to stop; the journal knows the rest. */
export type ImportOutcome = 'ended' | 'interrupted'

/** What an import is still to take: files chosen by key that are not on the medium are named as failed. */
export function planImport({ listing, journal, request }: Pick<ImportParts, 'listing' | 'journal' | 'request'>): { readonly left: readonly MediumFile[]; readonly progress: ImportProgress } {
  const { wanted, id } = request
  const asked = wanted === 'all' ? listing.files.filter(({ key }) => !journal.has(key) || journal.has(key, id)) : wanted.flatMap((key) => listing.byKey.get(key) ?? [])
  const left = asked.filter(({ key }) => !journal.has(key, id))
  const gone = wanted === 'all' ? 0 : wanted.filter((key) => !listing.byKey.has(key) && !journal.has(key, id)).length
  const failed = Array.from({ length: Math.min(gone, SHOWN_FAILURES) }, () => ({ name: '', problem: vanished }))
  return { left, progress: { wanted: asked.length + gone, done: asked.length - left.length, failed, failures: gone, quarantined: 0 } }
}

/** Takes one file after the other; each counts once it is durable in the store and then in the journal. */
export async function runImport(parts: ImportParts, { left, progress }: ReturnType<typeof planImport>): Promise<ImportOutcome> {
  for (const file of left) {
    const outcome = await takeWithPatience(parts, file, progress)
    if (outcome === 'interrupted') return outcome
    parts.changed()
  }
  return 'ended'
}

async function takeWithPatience(parts: ImportParts, file: MediumFile, progress: ImportProgress): Promise<ImportOutcome> {
  for (let retryMs = RETRY_FIRST_MS; ; retryMs = Math.min(RETRY_MAX_MS, retryMs * 2)) {
    if (parts.signal.aborted) return 'interrupted'
    const waitsFor = await takeFile(parts, file, progress).catch((error: unknown) => {
      if (parts.signal.aborted) return 'interrupted' as const
      throw error
    })
    if (waitsFor === 'interrupted') return 'interrupted'
    progress.waitsFor = waitsFor
    if (waitsFor === undefined) return 'ended'
    parts.host.report(waitsFor)
    parts.changed()
    await waitMs(retryMs, parts.signal)
  }
}

/** Nothing to wait for, a reason to try the same file again, or the end of the medium. */
async function takeFile(parts: ImportParts, file: MediumFile, progress: ImportProgress): Promise<Problem | 'interrupted' | undefined> {
  const { host, root, signal } = parts
  const spoolPath = join(host.spoolFolder, `medium-${randomUUID()}`)
  if (!(await host.hasRoomFor(file.bytes))) return noRoom
  try {
    const copied = await copyVerified({ root, file, spoolPath, signal })
    if (!copied.ok) return await giveUp(parts, file, { progress, problem: copied.error })
    return await handOn(parts, file, { progress, spoolPath })
  } finally {
    await rm(spoolPath, { force: true })
  }
}

async function giveUp(parts: ImportParts, file: MediumFile, { progress, problem }: { progress: ImportProgress; problem: Problem }): Promise<Problem | 'interrupted' | undefined> {
  if (problem === noRoom) return noRoom
  if (!(await parts.isThere())) return 'interrupted'
  progress.failures += 1
  if (progress.failed.length < SHOWN_FAILURES) progress.failed.push({ name: nameOf(file), problem })
  return undefined
}

async function handOn({ host, request, journal }: ImportParts, file: MediumFile, { progress, spoolPath }: { progress: ImportProgress; spoolPath: string }): Promise<Problem | undefined> {
  const result = await host.deliver({
    spoolPath, originalName: nameOf(file), receivedAt: host.clock.now().toISOString(), laterality: eyeInName(file.path.toString('utf8'), 'camera'),
    visitId: request.visitId ?? null, takenAt: takenAt(file, { host, request }), source: { kind: 'mass-storage', deviceId: host.deviceId, operator: request.by }
  })
  if (!result.ok) return result.error
  for (const key of [file.key, file.otherKey]) if (key !== undefined) await journal.add(key, request.id)
  progress.done += 1
  if (result.value.outcome === 'quarantined') progress.quarantined += 1
  return undefined
}

/** What a person chose for a visit is of it, however old; what is taken by itself (`import: all`) is not when it is older than the visit. */
const takenAt = ({ modifiedMs }: MediumFile, { host, request }: Pick<ImportParts, 'host' | 'request'>): string | null =>
  (request.by === host.deviceId ? new Date(modifiedMs).toISOString() : null)

/** Name without folders, for people. */
export const nameOf = ({ path }: Pick<MediumFile, 'path'>): string => path.subarray(path.lastIndexOf('/') + 1).toString('utf8')
