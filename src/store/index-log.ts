import { join } from 'node:path'
import type { StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'
import { fsyncDirectory, makeDirectoryDurable } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { reasonOf } from '../platform/reason-of.js'
import { AppendFile } from './append-file.js'
import { journalName, writeSnapshot } from './index-files.js'
import type { JournalEntry } from './journal-line.js'
import { renderLine } from './journal-line.js'
import { STUDY_FORMAT } from './migrations.js'

const CHECKPOINT_EVERY = 256
const COMPACT_AT_LEAST = 2000

/** `lines` counts those since the last snapshot. */
type Journal = { readonly file: AppendFile; readonly generation: number; lines: number }

/** `checkpointEvery`: puts between two `sync` lines, default 256; a start after a crash reads about that many studies again. */
type IndexStart = { readonly generation: number; readonly journalled: number; readonly caughtUp: readonly StudySummary[]; readonly checkpointEvery?: number; /** Of the documents, for the snapshot. */ readonly format?: number }

/**
 * Keeps the index on disk able to catch up exactly: before a study changes, its id is durably in the journal;
 * after it, its summary is appended (not fsynced: after a crash the ids without a later `sync` are read again).
 */
export class IndexLog {
  /** Durably named as "may change" since the last `sync` line. */
  #touched = new Set<StudyId>()
  readonly #underWay = new Map<StudyId, number>()
  /** Changed, but the journal does not say so: a failed append. */
  readonly #unwritten = new Set<StudyId>()
  #sinceCheckpoint = 0
  #checkpointEvery = CHECKPOINT_EVERY
  #format = STUDY_FORMAT.current
  #background: Promise<void> = Promise.resolve()
  #compacting = false
  private constructor(private readonly folder: string, private readonly log: Log, private journal: Journal) {}

  /**
   * Starts a new journal after `generation`. `caughtUp` are the summaries that were read again from their
   * folders: they are written first, and only then is all before declared in order. On a full disk they stay doubtful.
   */
  static async start(folder: string, log: Log, after: IndexStart): Promise<IndexLog> {
    const generation = after.generation + 1
    const file = await openJournal(folder, generation)
    const lines = after.caughtUp.map((summary) => renderLine({ put: summary } satisfies JournalEntry))
    const started = new IndexLog(folder, log, { file, generation, lines: after.journalled + lines.length })
    await file.append([...lines, renderLine({ sync: [] } satisfies JournalEntry)].join(''), { sync: true }).catch((error: unknown) => {
      log.warn('index-append-failed', { reason: reasonOf(error) })
      for (const { id } of after.caughtUp) started.#unwritten.add(id)
    })
    started.#checkpointEvery = after.checkpointEvery ?? CHECKPOINT_EVERY
    started.#format = after.format ?? STUDY_FORMAT.current
    return started
  }

  /** Call before a document may change; every `begin` needs one `end`. @throws what the file system says: then change nothing. */
  async begin(id: StudyId): Promise<void> {
    this.#underWay.set(id, (this.#underWay.get(id) ?? 0) + 1)
    if (this.#touched.has(id)) return
    try {
      await this.journal.file.append(renderLine({ touch: id } satisfies JournalEntry), { sync: true })
      this.#touched.add(id)
    } catch (error) {
      this.end(id)
      throw error
    }
  }

  /** Call when the change was made (after its `put`) or given up. */
  end(id: StudyId): void {
    const others = (this.#underWay.get(id) ?? 1) - 1
    if (others > 0) this.#underWay.set(id, others)
    else this.#underWay.delete(id)
  }

  /** Notes a change that is durable. Never throws: what can't be appended stays named as doubtful. */
  put(summary: StudySummary): void {
    const { journal } = this
    this.#unwritten.add(summary.id)
    journal.lines += 1
    journal.file.append(renderLine({ put: summary } satisfies JournalEntry), { sync: false })
      .then(() => this.#unwritten.delete(summary.id), (error: unknown) => this.log.warn('index-append-failed', { reason: reasonOf(error) }))
    this.#sinceCheckpoint += 1
    if (this.#sinceCheckpoint >= this.#checkpointEvery) void this.#checkpoint()
  }

  /** True when the journal has grown out of proportion to `size` studies. */
  needsCompaction(size: number): boolean {
    return !this.#compacting && this.journal.lines > Math.max(COMPACT_AT_LEAST, size / 2)
  }

  /** Writes all summaries as a new snapshot beside the running work. `all` must hold every `put` so far when it is called. */
  compact(all: () => Iterable<StudySummary>): Promise<void> {
    this.#compacting = true
    this.#background = this.#background.then(() => this.#compact(all))
      .catch((error: unknown) => this.log.warn('index-compaction-failed', { reason: reasonOf(error) }))
      .finally(() => { this.#compacting = false })
    return this.#background
  }

  /** Declares all in order and closes: the next start reads no folder. */
  async close(): Promise<void> {
    await this.#background
    await this.#checkpoint()
    await this.journal.file.close()
  }

  /** Puts appended before the marker reach the disk with it; what is under way or failed to be written stays named. */
  async #checkpoint(): Promise<void> {
    this.#sinceCheckpoint = 0
    const { file } = this.journal
    await file.append('', { sync: false }).catch(() => undefined)
    const open = [...new Set([...this.#underWay.keys(), ...this.#unwritten])]
    const touched = this.#touched
    this.#touched = new Set(open)
    await file.append(renderLine({ sync: open } satisfies JournalEntry), { sync: true }).catch((error: unknown) => {
      for (const id of touched) this.#touched.add(id)
      this.log.warn('index-append-failed', { reason: reasonOf(error) })
    })
  }

  async #compact(all: () => Iterable<StudySummary>): Promise<void> {
    const before = this.journal
    const next: Journal = { file: await openJournal(this.folder, before.generation + 1), generation: before.generation + 1, lines: 0 }
    const open = [...new Set([...this.#underWay.keys(), ...this.#touched, ...this.#unwritten])]
    this.journal = next
    const header = next.file.append(renderLine({ sync: open } satisfies JournalEntry), { sync: true })
    await before.file.close()
    await header
    await writeSnapshot(this.folder, { generation: next.generation, format: this.#format }, [...all()])
  }
}

/** Somebody may have deleted the lists beside the running service. */
async function openJournal(folder: string, generation: number): Promise<AppendFile> {
  await makeDirectoryDurable(folder)
  const file = await AppendFile.open(join(folder, journalName(generation)))
  await fsyncDirectory(folder)
  return file
}
