import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedError, NotFoundError, StoreFullError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import { bytesOf, type Study, type StudySummary } from '../domain/study.js'
import type { Clock } from '../platform/clock.js'
import { freeBytes } from '../platform/disk-space.js'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'
import { checkObject } from './check-object.js'
import type { JsonDocument } from './durable-document.js'
import { lockFolder } from './folder-lock.js'
import type { IndexLog } from './index-log.js'
import { recoverIndex, type DamagedStudies } from './index-recovery.js'
import { NewerFormatError, type Format } from './migrations.js'
import { firstVersion, type NewStudy } from './new-study.js'
import { Quarantine, type QuarantineEntry, type QuarantineInput } from './quarantine.js'
import { emptySpool } from './spool.js'
import { orStoreFull } from './store-full.js'
import { StudyFolders } from './study-folder.js'
import { bySequence } from './study-order.js'
import { requireCurrent, revised, type ChangeOptions } from './study-revision.js'
import type { StudyCounts, StudyIndex } from './study-index.js'
import type { StudyPage, StudyQuery } from './study-query.js'
import { summarise } from './summary.js'

export type { NewStudy } from './new-study.js'
export type { QuarantineEntry } from './quarantine.js'
export type { StudyCounts } from './study-index.js'
export type { ChangeOptions } from './study-revision.js'
export type { StudyPage, StudyQuery } from './study-query.js'

export type StoreOptions = {
  readonly root: string
  readonly clock: Clock
  readonly log: Log
  /** New objects are refused when less than this would stay free; changes and the page live on it. Default 256 MiB. */
  readonly reserveBytes?: number
  /** Format of the documents; this release's own by default. */
  readonly format?: Format
}

export type StudyListener = (change: { id: StudyId; summary: StudySummary }) => void

const DEFAULT_RESERVE_BYTES = 256 * 1024 * 1024

type Parts = { readonly folders: StudyFolders; readonly index: StudyIndex; readonly indexLog: IndexLog; readonly quarantine: Quarantine; readonly damaged: DamagedStudies; readonly unlock: () => Promise<void> }

/** Every study: a folder each on disk, a summary each in memory. What a method returned is durable. */
export class StudyStore implements AsyncDisposable {
  readonly #queue = new KeyedQueue()
  readonly #listeners = new Set<StudyListener>()
  readonly #damageListeners = new Set<(id: StudyId) => void>()
  readonly #reserveBytes: number
  #sequence: number
  private constructor(private readonly options: StoreOptions, private readonly parts: Parts) {
    this.#reserveBytes = options.reserveBytes ?? DEFAULT_RESERVE_BYTES
    this.#sequence = parts.index.lastSequence
  }

  /** Opens or creates the data folder; complete when it resolves: what was ever acknowledged is listed. @throws FolderInUseError */
  static async open(options: StoreOptions): Promise<StudyStore> {
    await makeDirectoryDurable(options.root)
    const unlock = await lockFolder(options.root)
    const folders = new StudyFolders(options.root, options.format)
    await folders.prepare()
    await emptySpool(join(options.root, 'spool'))
    const quarantine = await Quarantine.open(options.root, options.log)
    const recovered = await recoverIndex(options.root, folders, options.log)
    const store = new StudyStore(options, { folders, quarantine, unlock, ...recovered })
    store.#compactIfNeeded()
    return store
  }

  /** Studies whose document can't be read at all or whose folder is gone, with what the index last said of them; the object may still be there. */
  get damaged(): DamagedStudies { return this.parts.damaged }

  /** Durable on return, and the spool file is gone then. @throws StoreFullError: nothing was taken */
  async create(input: NewStudy): Promise<Study> {
    await this.#requireRoom(input.object.bytes)
    const study = firstVersion(input, ++this.#sequence)
    await this.parts.folders.create(study, input.spoolPath)
    this.#changed(study)
    await rm(input.spoolPath, { force: true })
    return study
  }

  /** Writes the version before a study's document again where it is damaged and the document is not; false where nothing had to be done. @throws StoreFullError */
  mendPrevious(id: StudyId): Promise<boolean> {
    return this.#queue.run(id, async () => {
      const document = await this.parts.folders.open(id)
      return document.origin !== 'previous' && document.mendPrevious()
    })
  }

  /** @throws NotFoundError, DamagedError: listeners of `onDamage` are told of a study that is listed and can't be read */
  async read(id: StudyId): Promise<Study> {
    const document = await this.#open(id)
    if (document.origin !== 'previous') return document.data
    this.reportDamage(id)
    return this.#relisted(id)
  }

  /** Puts the lists right where they do not say what the study's document says. @throws NotFoundError, DamagedError */
  async relist(study: Study): Promise<void> {
    if (!this.#isListed(study)) await this.#relisted(study.id)
  }

  /** As `read`, and whether the newest version is damaged and the one before it in force, or of an older format. @throws NotFoundError, DamagedError */
  async readAsIs(id: StudyId): Promise<{ study: Study; fromPrevious: boolean; isOutdated: boolean }> {
    const { data, origin, isOutdated } = await this.parts.folders.open(id)
    return { study: data, fromPrevious: origin === 'previous', isOutdated }
  }

  /**
   * One change at a time per study: `next` gets the study as it stands and gives the one to be, without side effects;
   * revision and history are added here. What `next` throws is thrown, and nothing is changed.
   * @throws NotFoundError, DamagedError, RevisionConflictError, StoreFullError
   */
  change(id: StudyId, options: ChangeOptions, next: (study: Study) => Study): Promise<Study> {
    return this.#queue.run(id, async () => {
      const document = await this.#open(id)
      requireCurrent(document.data, options.expectedRevision)
      const changed = revised(next(document.data), { ...options, revision: document.data.revision + 1, at: this.options.clock.now().toISOString() })
      return this.#logged(id, () => document.change(() => changed))
    })
  }

  objectPath(study: Pick<Study, 'id' | 'object'>): string { return this.parts.folders.objectPath(study) }

  /** The object's path, after its bytes were found as received. @throws DamagedError; listeners of `onDamage` are told */
  async verified(study: Pick<Study, 'id' | 'object'>): Promise<string> {
    const path = this.objectPath(study)
    const condition = await checkObject(path, bytesOf(study.object))
    if (condition === 'good') return path
    this.options.log.error('study-object-damaged', { studyId: study.id, condition })
    this.reportDamage(study.id)
    throw new DamagedError('The image is damaged on the disk. It is fetched back from the archive where one has it; otherwise send it again.')
  }

  /** Something of the study was found damaged: listeners of `onDamage` are told. */
  reportDamage(id: StudyId): void { for (const listener of this.#damageListeners) listener(id) }

  /** Called when an object or a document is found damaged or missing. */
  onDamage(listener: (id: StudyId) => void): () => void {
    this.#damageListeners.add(listener)
    return () => this.#damageListeners.delete(listener)
  }

  /** A damaged study whose image another one keeps: its folder goes to `studies/.set-aside`, whole. */
  setAside(id: StudyId): Promise<void> {
    return this.#queue.run(id, async () => {
      await this.parts.folders.setAside(id)
      this.parts.damaged.delete(id)
      await this.rewriteIndex()
      this.options.log.warn('study-set-aside', { studyId: id })
    })
  }

  /**
   * A study whose document can't be read in either version: `make` gives it anew from what the lists last said and a sequence number. The damaged
   * files are kept beside it as `*.damaged`. Where the document can be read, because somebody else was quicker, it is left as it is.
   */
  rebuild(id: StudyId, make: (lastKnown: StudySummary | undefined, sequence: number) => Promise<Study>): Promise<Study> {
    return this.#queue.run(id, async () => {
      const readable = await this.parts.folders.open(id).catch((error: unknown) => { if (error instanceof DamagedError || error instanceof NotFoundError) return undefined; throw error })
      if (readable) return readable.data
      const lastKnown = this.parts.damaged.get(id) ?? this.parts.index.get(id)
      const made = await make(lastKnown, lastKnown?.sequence ?? ++this.#sequence)
      const study = await this.#logged(id, () => this.parts.folders.replaceDamaged(made))
      this.parts.damaged.delete(id)
      return study
    })
  }

  /** What the lists hold, oldest first. */
  summaries(): StudySummary[] { return [...this.parts.index.all()].sort(bySequence) }

  /** `<study folder>/derived`; whoever writes there creates it. */
  derivedFolder(id: StudyId): string { return join(this.parts.folders.pathOf(id), 'derived') }

  list(query: StudyQuery): StudyPage { return this.parts.index.list(query) }

  /** At which level lists rank and count each study. */
  get ranking(): Pick<StudyIndex, 'showAt' | 'showAgain'> { return this.parts.index }

  summary(id: StudyId): StudySummary | undefined { return this.parts.index.get(id) }
  findByFingerprint(fingerprint: string): StudyId | undefined { return this.parts.index.findByFingerprint(fingerprint) }
  findBySopInstanceUid(uid: string): StudyId[] { return this.parts.index.findBySopInstanceUid(uid) }

  /** Studies waiting to be read or being read, oldest first. */
  pending(): StudyId[] { return this.parts.index.pending() }

  counts(): StudyCounts { return this.parts.index.counts() }

  /** Called after each durable change; returns what ends it. */
  subscribe(listener: StudyListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Keeps bytes that can't become a study; durable on return, and the spool file is gone then. @throws StoreFullError */
  async quarantine(input: QuarantineInput): Promise<QuarantineEntry> {
    await this.#requireRoom((await stat(input.spoolPath)).size)
    return this.parts.quarantine.keep(input)
  }

  /** Newest first. */
  listQuarantine(): Promise<QuarantineEntry[]> { return Promise.resolve(this.parts.quarantine.list()) }

  /** The kept bytes. @throws NotFoundError */
  quarantinePath(id: string): string { return this.parts.quarantine.pathOf(id) }

  /** An entry of the quarantine whose document was found damaged; false when nothing of it is left. */
  rewriteQuarantined(id: string): Promise<boolean> { return this.parts.quarantine.rewrite(id) }

  /** Writes the lists anew, since their files were found damaged. */
  rewriteIndex(): Promise<void> { return this.parts.indexLog.compact(() => this.parts.index.all()) }

  /** Whether an object of that size could be taken now without touching the reserve. */
  async hasRoomFor(bytes: number): Promise<boolean> {
    return (await freeBytes(this.options.root)) >= this.#reserveBytes + bytes
  }

  /** Finishes the changes under way and leaves the index in order. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.idle()
    await this.parts.indexLog.close()
    await this.parts.unlock()
  }

  /**
   * The journal names the study, the document changes, then memory, journal and listeners follow. A new study needs
   * no such warning: a start compares the names of all folders with the index.
   */
  async #logged(id: StudyId, write: () => Promise<Study>): Promise<Study> {
    const { indexLog } = this.parts
    await indexLog.begin(id).catch((error: unknown) => { throw orStoreFull(error) })
    try {
      const study = await write()
      this.#changed(study)
      return study
    } finally {
      indexLog.end(id)
    }
  }

  /** Whoever meets a listed study that can't be read has it put right; so do all who only wait for it. */
  async #open(id: StudyId): Promise<JsonDocument<Study>> {
    try {
      return await this.parts.folders.open(id)
    } catch (error) {
      if (error instanceof DamagedError || this.summary(id) !== undefined) this.reportDamage(id)
      throw error instanceof NewerFormatError ? new DamagedError(error.message) : error
    }
  }

  /** The document is in force, whatever the lists say: the version before a damaged one, or lists that were damaged. */
  #relisted(id: StudyId): Promise<Study> {
    return this.#queue.run(id, async () => {
      const { data, origin } = await this.#open(id)
      if (this.#isListed(data)) return data
      this.options.log.error(origin === 'previous' ? 'study-document-restored' : 'study-list-corrected', { studyId: id, revision: data.revision })
      return this.#logged(id, () => Promise.resolve(data))
    })
  }

  #isListed(study: Study): boolean { return JSON.stringify(this.summary(study.id)) === JSON.stringify(summarise(study)) }

  #changed(study: Study): void {
    const summary = summarise(study)
    this.parts.index.put(summary)
    this.parts.indexLog.put(summary)
    this.#compactIfNeeded()
    this.#tell(study.id, summary)
  }

  #compactIfNeeded(): void {
    const { index, indexLog } = this.parts
    if (indexLog.needsCompaction(index.size)) void indexLog.compact(() => index.all())
  }

  #tell(id: StudyId, summary: StudySummary): void {
    for (const listener of this.#listeners) {
      try {
        listener({ id, summary })
      } catch (error) {
        this.options.log.error('study-listener-failed', { studyId: id, reason: reasonOf(error) })
      }
    }
  }

  async #requireRoom(bytes: number): Promise<void> {
    if (await this.hasRoomFor(bytes)) return
    throw new StoreFullError(`Less than ${Math.ceil(this.#reserveBytes / 1048576)} MB would stay free. Connect the uplink or free space; nothing was taken.`)
  }
}
