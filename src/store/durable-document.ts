import { link, readFile, rename, rm, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Low } from 'lowdb'
import type { Adapter } from 'lowdb'
import { DamagedError } from '../domain/errors.js'
import { parseDocument, renderDocument } from '../platform/checked-json.js'
import { fsyncDirectory, isErrno, linkOrCopy, temporaryBeside, writeFileDurable, writeNewFile } from '../platform/durable-fs.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import { isDiskFault } from './disk-fault.js'
import { orStoreFull } from './store-full.js'

export { parseDocument, renderDocument } from '../platform/checked-json.js'

/**
 * Where the content came from. unsigned: a person repaired the file and removed its `checksum` member.
 * previous: the newest version was damaged or missing, so the one before it is in force.
 */
export type DocumentOrigin = 'new' | 'current' | 'unsigned' | 'previous'

/** Content of an older format brought up to date; `from` is that format, absent where nothing had to be done. */
export type Upgrade<T> = (data: T) => { readonly data: T; readonly from: number | undefined }

/** lowdb's adapter that survives power cuts: temporary file, fsync, previous kept, rename, fsync of the folder. */
class DurableAdapter<T extends object | null> implements Adapter<T> {
  origin: DocumentOrigin = 'new'
  /** Format of the file in force, while it is older than what is written. */
  #outdated: number | undefined
  constructor(readonly path: string, private readonly upgrade?: Upgrade<T>) {}

  get isOutdated(): boolean { return this.#outdated !== undefined }

  async read(): Promise<T | null> {
    const current = await readIfThere(this.path)
    const found = current === undefined ? undefined : parseDocument(current)
    if (found) {
      this.origin = found.signed ? 'current' : 'unsigned'
      return this.#upgraded(found.data as T)
    }
    return this.#readPrevious(current !== undefined)
  }

  async write(data: T): Promise<void> {
    const temporary = temporaryBeside(this.path)
    try {
      await writeNewFile(temporary, renderDocument(data))
      if (this.#outdated !== undefined) await this.#keepAs(`${this.path}.v${this.#outdated}`)
      if (this.origin === 'current' || this.origin === 'unsigned') await this.#keepAs(`${this.path}.previous`)
      await rename(temporary, this.path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw orStoreFull(error)
    }
    this.origin = 'current'
    this.#outdated = undefined
    await fsyncDirectory(dirname(this.path))
  }

  /** The file in force was found damaged: it is replaced and not kept. */
  async rewrite(data: T): Promise<void> {
    await writeFileDurable(this.path, renderDocument(data)).catch((error: unknown) => { throw orStoreFull(error) })
    this.origin = 'current'
    this.#outdated = undefined
  }

  /** Whether the version before was damaged; the file in force then takes its place. */
  async mendPrevious(): Promise<boolean> {
    const kept = `${this.path}.previous`
    const text = await readIfThere(kept)
    if (text === undefined || parseDocument(text)) return false
    await writeFileDurable(kept, await readFile(this.path)).catch((error: unknown) => { throw orStoreFull(error) })
    return true
  }

  async #readPrevious(damaged: boolean): Promise<T | null> {
    const text = await readIfThere(`${this.path}.previous`)
    const found = text === undefined ? undefined : parseDocument(text)
    if (found) {
      this.origin = 'previous'
      return this.#upgraded(found.data as T)
    }
    if (!damaged && text === undefined) return null
    throw new DamagedError(`${this.path} and the version before it are damaged. Restore them from a backup, or repair the JSON by hand and remove its "checksum" line.`)
  }

  #upgraded(data: T): T {
    const upgraded = this.upgrade ? this.upgrade(data) : { data, from: undefined }
    this.#outdated = upgraded.from
    return upgraded.data
  }

  /** Another name for the file in force, or for the version before it where that is damaged. */
  async #keepAs(kept: string): Promise<void> {
    const source = this.origin === 'previous' ? `${this.path}.previous` : this.path
    const temporary = temporaryBeside(kept)
    try {
      await link(source, temporary)
    } catch (error) {
      if (!isErrno(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) throw error
      await linkOrCopy(source, temporary)
    }
    await rename(temporary, kept)
    // Two names of one file: `kept` is this very version since a write that failed after here, and the rename has done nothing (rename(2)).
    await unlink(temporary).catch((error: unknown) => { if (!isErrno(error, 'ENOENT')) throw error })
  }
}

/** Undefined when there is none. What the disk can't read, at the second look too, is a damaged version: no text. */
async function readIfThere(path: string, isSecondLook = false): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    if (!isDiskFault(error)) throw error
    return isSecondLook ? '' : readIfThere(path, true)
  }
}

/**
 * One JSON file on disk with a verified checksum and its previous version beside it (`<path>.previous`).
 * Changes run one at a time; memory shows a change only after it is durable, and a failing write changes nothing.
 */
export class JsonDocument<T extends object | null> {
  readonly #queue = new KeyedQueue()
  #low: Low<T>
  private constructor(low: Low<T>, readonly path: string, private readonly adapter: DurableAdapter<T>) {
    this.#low = low
  }

  /**
   * Reads the file, or its previous version when the newest is damaged; `initial` when there is none
   * (nothing is written before the first change). The folder must exist. With `upgrade` an older format is read as a newer one; its file is kept
   * as `<path>.v<format>` at the first change.
   * @throws DamagedError when both versions are damaged
   */
  static async open<T extends object | null>(path: string, initial: T, upgrade?: Upgrade<T>): Promise<JsonDocument<T>> {
    const adapter = new DurableAdapter<T>(path, upgrade)
    const low = new Low<T>(adapter, initial)
    await low.read()
    return new JsonDocument(low, path, adapter)
  }

  /** The content in force; treat it as read-only and change it through `change`. */
  get data(): T { return this.#low.data }

  get origin(): DocumentOrigin { return this.adapter.origin }

  /** Whether the file is still of an older format. */
  get isOutdated(): boolean { return this.adapter.isOutdated }

  /**
   * Computes the next content from the one in force, writes it durably, then swaps it in.
   * @throws StoreFullError when there is no room; whatever `next` throws
   */
  change(next: (data: T) => T | Promise<T>): Promise<T> {
    return this.#queue.run('', async () => {
      const candidate = new Low<T>(this.adapter, await next(this.#low.data))
      await candidate.write()
      this.#low = candidate
      return candidate.data
    })
  }

  /** Writes a damaged version before the one in force again, as a copy of that; false where nothing had to be done. @throws StoreFullError */
  mendPrevious(): Promise<boolean> {
    return this.#queue.run('', () => this.adapter.mendPrevious())
  }

  /** Writes the content in force once more, since its file was found damaged; the version before it stays. @throws StoreFullError */
  rewrite(): Promise<void> {
    return this.#queue.run('', () => this.adapter.rewrite(this.#low.data))
  }
}
