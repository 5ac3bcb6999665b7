import { randomUUID } from 'node:crypto'
import { opendir, stat } from 'node:fs/promises'
import type { ListedFile, MediumPhase, MediumView } from '../../domain/import-session.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { eyeInName } from '../../domain/eye-in-name.js'
import { reasonOf } from '../../platform/reason-of.js'
import type { DeviceHost } from '../device-kind.js'
import { deviceProblem } from '../open-problem.js'
import type { ImportJournal, ImportRequest } from './import-journal.js'
import type { ImportProgress } from './importer.js'
import { nameOf, planImport, runImport } from './importer.js'
import type { Listing, MediumFile } from './list-files.js'
import { aheadMsOf, keepsWallTime, listFiles } from './list-files.js'
import * as events from './log-events.js'
import { busyImporting, noSuchMedium, notListedYet, nothingChosen, pulledOut, tooManyFiles } from './problems.js'

export type MediumParts = { readonly id: string; readonly root: Buffer; readonly journal: ImportJournal; readonly host: DeviceHost; readonly mostFiles: number; changed(): void }

/** One stick or card while it is plugged in, and after it was pulled in mid-import. */
export class Medium {
  /** Pictures that no preview could be made of: not tried again while the medium is plugged in. */
  readonly undrawable = new Set<string>()
  readonly #gone = new AbortController()
  #stop = new AbortController()
  #takenBefore = 0
  #plugged = true
  #identity: string | undefined
  #listing: Listing | undefined
  #progress: ImportProgress | undefined
  #importing = false
  #problem: Problem | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(private readonly parts: MediumParts) {}

  get id(): string { return this.parts.id }
  get listing(): Listing | undefined { return this.#listing }
  get isUnfinished(): boolean { return this.parts.journal.unfinished !== undefined }
  get root(): Buffer { return this.parts.root }

  /** Counts the files; an import that was interrupted goes on. Never rejects. */
  async start(): Promise<void> {
    const { parts } = this
    const startedMs = parts.host.clock.monotonicMs()
    try {
      this.#identity = await identityOf(parts.root)
      const { root, mostFiles, journal } = parts
      const isKnown = (key: string): boolean => journal.has(key) || (journal.unfinished?.wanted.includes(key) ?? false)
      const listing = await listFiles(root, { most: mostFiles, signal: this.#gone.signal, isWallTime: await keepsWallTime(root), aheadMs: await aheadMsOf(root), isKnown })
      if (this.#gone.signal.aborted) return
      this.#setListing(listing)
      if (listing.truncated) this.#problem = tooManyFiles(parts.mostFiles)
      events.mediumListed(parts.host.log, { medium: parts.id, pictures: listing.files.length, others: listing.others, truncated: listing.truncated, ms: Math.round(parts.host.clock.monotonicMs() - startedMs) })
    } catch (error) {
      this.#problem = deviceProblem(error)
    }
    parts.changed()
    const { unfinished } = parts.journal
    if (unfinished && this.#listing) this.#begin(unfinished, true)
  }

  #setListing(listing: Listing): void {
    this.#listing = listing
    this.#countTaken()
  }

  #countTaken(): void {
    this.#takenBefore = this.#listing?.files.filter(({ key }) => this.parts.journal.has(key)).length ?? 0
  }

  /** "All" is what is new on it now: what is taken later may be another person's, and is not of an import that goes on then. */
  #keysOf(wanted: ImportRequest['wanted']): readonly string[] {
    return wanted === 'all' ? this.#listing!.files.map(({ key }) => key).filter((key) => !this.parts.journal.has(key)) : wanted
  }

  /** Takes whatever is new, after an import that was interrupted and goes on, unless a person stopped that one. */
  async importNew(asked: Omit<ImportRequest, 'id' | 'wanted'>): Promise<void> {
    await this.#work
    if (!this.isUnfinished && !this.#stop.signal.aborted) await this.import({ ...asked, wanted: 'all' })
  }

  /** Starts an import; resolves when it is in the journal, and not when it ends. */
  async import(asked: Omit<ImportRequest, 'id'>): Promise<Result<{ readonly wanted: number }, Problem>> {
    if (this.#importing) return err(busyImporting)
    if (!this.#plugged) return err(noSuchMedium)
    if (!this.#listing) return err(notListedYet)
    const request: ImportRequest = { ...asked, wanted: this.#keysOf(asked.wanted), id: randomUUID() }
    const { progress } = planImport({ listing: this.#listing, journal: this.parts.journal, request })
    if (progress.wanted === 0) return err(nothingChosen)
    this.#importing = true
    try {
      await this.parts.journal.begin(request)
    } catch (error) {
      this.#importing = false
      throw error
    }
    this.#begin(request, false)
    return ok({ wanted: progress.wanted })
  }

  #begin(request: ImportRequest, resumed: boolean): void {
    const { parts } = this
    const listing = this.#listing!
    const plan = planImport({ listing, journal: parts.journal, request })
    this.#progress = plan.progress
    this.#importing = true
    this.#problem = undefined
    this.#stop = new AbortController()
    events.importBegun(parts.host.log, { medium: parts.id, wanted: plan.progress.wanted, resumed })
    parts.changed()
    this.#work = runImport({ ...parts, listing, request, signal: AbortSignal.any([this.#stop.signal, this.#gone.signal]), isThere: () => this.isThere(), changed: () => parts.changed() }, plan)
      .then((outcome) => this.#ended(outcome))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#importing = false
        this.#countTaken()
        parts.changed()
      })
  }

  async #ended(outcome: 'ended' | 'interrupted'): Promise<void> {
    const { done, failures, quarantined } = this.#progress!
    if (outcome === 'interrupted') return events.importPaused(this.parts.host.log, { medium: this.id, code: pulledOut.code })
    await this.parts.journal.end()
    events.importEnded(this.parts.host.log, { medium: this.id, done, failures, quarantined })
  }

  #failed(error: unknown): void {
    this.#problem = deviceProblem(error)
    events.importFailed(this.parts.host.log, reasonOf(error))
  }

  /** False when the mount is gone or another medium lies in its place. */
  async isThere(): Promise<boolean> {
    return this.#plugged && (await identityOf(this.parts.root).catch(() => undefined)) === this.#identity
  }

  /** The nurse ends the import; what is imported stays, the rest is forgotten. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#work
    await this.parts.journal.end()
    this.#progress = undefined
    this.parts.changed()
  }

  /** The medium was pulled: nothing is begun any more. Resolves when nothing is under way. */
  async unplug(): Promise<void> {
    this.#plugged = false
    this.#gone.abort()
    await this.#work
    await this.parts.journal.close()
  }

  page({ offset, limit }: { readonly offset: number; readonly limit: number }): readonly ListedFile[] {
    return (this.#listing?.files ?? []).slice(offset, offset + limit).map((file) => listed(file, this.parts.journal))
  }

  view(): MediumView {
    const { journal } = this.parts
    const { unfinished } = journal
    const files = this.#listing?.files
    const progress = this.#progress
    return {
      id: this.id, phase: this.#phase(), pictures: files?.length, others: this.#listing?.others, taken: files && this.#takenBefore,
      import: progress && { wanted: progress.wanted, done: progress.done, failed: progress.failed, failures: progress.failures, quarantined: progress.quarantined, visitId: unfinished?.visitId },
      problem: progress?.waitsFor ?? this.#problem
    }
  }

  #phase(): MediumPhase {
    if (this.#importing) return this.#progress?.waitsFor ? 'waiting' : 'importing'
    if (this.parts.journal.unfinished) return this.#problem ? 'waiting' : 'interrupted'
    if (this.#progress) return 'done'
    return this.#listing || this.#problem ? 'ready' : 'listing'
  }
}

function listed(file: MediumFile, journal: ImportJournal): ListedFile {
  const path = file.path.toString('utf8')
  const slash = path.lastIndexOf('/')
  return {
    key: file.key, name: nameOf(file), folder: slash < 0 ? '' : path.slice(0, slash), bytes: file.bytes, modifiedAt: new Date(file.modifiedMs).toISOString(),
    laterality: eyeInName(path, 'camera'), taken: journal.has(file.key)
  }
}

/** Which file system, and which folder of it. An empty folder is a mount point with nothing on it. */
export async function identityOf(root: Buffer): Promise<string | undefined> {
  const folder = await opendir(root as unknown as string)
  const entry = await folder.read().finally(() => folder.close())
  if (entry === null) return undefined
  const { dev, ino } = await stat(root, { bigint: true })
  return `${dev}:${ino}`
}
