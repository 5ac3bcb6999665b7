import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NotFoundError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import { bytesOf } from '../domain/study.js'
import type { StoredObject, Study } from '../domain/study.js'
import { emptyFolder, fsyncDirectory, isErrno, linkOrCopy, makeDirectoryDurable, writeFileDurable, writeNewFile } from '../platform/durable-fs.js'
import { JsonDocument, renderDocument } from './durable-document.js'
import { isStudyId } from './identifiers.js'
import type { Format } from './migrations.js'
import { STUDY_FORMAT, upgradeStudy } from './migrations.js'
import { orStoreFull } from './store-full.js'

const DOCUMENT = 'study.json'

/** Where studies lie: `<root>/studies/<yyyy>/<mm>/<id>/`; a folder that is there is complete, since it is renamed into place. */
export class StudyFolders {
  readonly root: string
  readonly #staging: string
  readonly #months = new Map<string, Promise<void>>()
  constructor(dataRoot: string, private readonly format: Format = STUDY_FORMAT) {
    this.root = join(dataRoot, 'studies')
    this.#staging = join(this.root, '.new')
  }

  /** Of the documents that are written. */
  get formatVersion(): number { return this.format.current }

  /** Creates what is missing and removes half-made folders of an earlier run. */
  async prepare(): Promise<void> {
    await makeDirectoryDurable(this.#staging)
    await emptyFolder(this.#staging)
  }

  pathOf(id: StudyId): string {
    if (!isStudyId(id)) throw new NotFoundError('No such study: a study id looks like 20260301-0123ABCD.')
    return join(this.root, id.slice(0, 4), id.slice(4, 6), id)
  }

  objectPath(study: { id: StudyId; object: StoredObject }): string {
    return join(this.pathOf(study.id), bytesOf(study.object).name)
  }

  /** The document as it stands on disk, in the current format. @throws NotFoundError, DamagedError, NewerFormatError */
  async open(id: StudyId): Promise<JsonDocument<Study>> {
    const document = await JsonDocument.open<Study | null>(join(this.pathOf(id), DOCUMENT), null, upgradeStudy(this.format))
    if (document.data === null) throw new NotFoundError('No such study. It may have been removed; go back to the list.')
    return document as JsonDocument<Study>
  }

  /** Object and document become one folder, all at once and durable on return; the spool file stays where it is. */
  async create(study: Study, spoolPath: string): Promise<void> {
    const staged = join(this.#staging, study.id)
    const final = this.pathOf(study.id)
    const month = dirname(final)
    let isInPlace = false
    try {
      await allDone([this.#ensureMonth(month), mkdir(staged)])
      await allDone([
        linkOrCopy(spoolPath, join(staged, study.object.name)),
        writeNewFile(join(staged, DOCUMENT), renderDocument(study))
      ])
      await fsyncDirectory(staged)
      await rename(staged, final)
      isInPlace = true
      await fsyncDirectory(month)
    } catch (error) {
      this.#months.delete(month)
      if (isInPlace) await takeBack(final, staged)
      await rm(staged, { recursive: true, force: true })
      throw orStoreFull(error)
    }
  }

  /** Out of the way of the lists; nothing of it is removed. */
  async setAside(id: StudyId): Promise<void> {
    const aside = join(this.root, '.set-aside')
    await makeDirectoryDurable(aside)
    await rename(this.pathOf(id), join(aside, id))
    await fsyncDirectory(aside)
    await fsyncDirectory(dirname(this.pathOf(id)))
  }

  /** A new document in place of one that can't be read; both damaged versions stay beside it under other names. */
  async replaceDamaged(study: Study): Promise<Study> {
    const path = join(this.pathOf(study.id), DOCUMENT)
    for (const damaged of [path, `${path}.previous`]) await rename(damaged, `${damaged}.damaged`).catch((error: unknown) => { if (!isErrno(error, 'ENOENT')) throw error })
    await writeFileDurable(path, renderDocument(study)).catch((error: unknown) => { throw orStoreFull(error) })
    return study
  }

  /** Removes what a write that a power cut ended left in a study's folder; only while nobody writes there. */
  async removeUnfinished(id: StudyId): Promise<void> {
    const folder = this.pathOf(id)
    const names = (await namesIn(folder)).filter((name) => name.endsWith('.tmp'))
    await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })))
  }

  /** Every study id that has a folder, in no order. */
  async listIds(): Promise<StudyId[]> {
    const months = await this.#listMonths()
    const names = await Promise.all(months.map((month) => readdir(month)))
    return names.flat().filter(isStudyId)
  }

  /** Once per process and month, since each time costs fsyncs; a failure is not remembered. */
  #ensureMonth(month: string): Promise<void> {
    const known = this.#months.get(month)
    if (known) return known
    const made = makeDirectoryDurable(dirname(month)).then(() => makeDirectoryDurable(month))
    this.#months.set(month, made)
    made.catch(() => this.#months.delete(month))
    return made
  }

  async #listMonths(): Promise<string[]> {
    const years = (await namesIn(this.root)).filter((name) => /^\d{4}$/.test(name)).map((name) => join(this.root, name))
    const months = await Promise.all(years.map(async (year) => (await namesIn(year)).filter((name) => /^\d{2}$/.test(name)).map((name) => join(year, name))))
    return months.flat()
  }
}

/** Whoever is told that nothing was taken sends again: a folder that is in its place already must not be found at the next start. As far as a failing disk lets us. */
const takeBack = (final: string, staged: string): Promise<void> => rename(final, staged).then(() => fsyncDirectory(dirname(final))).catch(() => undefined)

/** Like Promise.all, but waits for all before it fails, so that nobody still writes while others clean up. */
async function allDone(tasks: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
