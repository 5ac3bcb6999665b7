import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArrivalSource } from '../domain/arrival.js'
import { NotFoundError } from '../domain/errors.js'
import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { emptyFolder, fsyncDirectory, linkOrCopy, makeDirectoryDurable, removeDurable, writeFileDurable, writeNewFile } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { parseDocument, renderDocument } from './durable-document.js'
import { isStudyId, newStudyId } from './identifiers.js'
import { orStoreFull } from './store-full.js'

/** Bytes that could not become a study, kept with the reason. */
export type QuarantineEntry = {
  readonly id: string
  readonly at: IsoTime
  readonly problem: Problem
  readonly bytes: number
  readonly sha256: string
  readonly originalName?: string
  readonly source: ArrivalSource
}

export type QuarantineInput = {
  readonly spoolPath: string
  readonly problem: Problem
  readonly source: ArrivalSource
  readonly originalName?: string
  readonly receivedAt: IsoTime
}

/** `<root>/quarantine/<id>/{entry.json,bytes}`; the same bytes from the same place are kept once. */
export class Quarantine {
  readonly #root: string
  readonly #staging: string
  readonly #entries = new Map<string, QuarantineEntry>()
  private constructor(root: string) {
    this.#root = join(root, 'quarantine')
    this.#staging = join(this.#root, '.new')
  }

  static async open(root: string, log: Log): Promise<Quarantine> {
    const quarantine = new Quarantine(root)
    await makeDirectoryDurable(quarantine.#staging)
    await emptyFolder(quarantine.#staging)
    await quarantine.#load(log)
    return quarantine
  }

  /** Newest first. */
  list(): QuarantineEntry[] {
    return [...this.#entries.values()].sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id))
  }

  /** @throws NotFoundError */
  pathOf(id: string): string {
    if (!isStudyId(id) || !this.#entries.has(id)) throw new NotFoundError('No such file in quarantine. Go back to the list.')
    return join(this.#root, id, 'bytes')
  }

  /** Durable on return; the spool file is gone then. @throws StoreFullError */
  async keep(input: QuarantineInput): Promise<QuarantineEntry> {
    const sha256 = await hashFile(input.spoolPath)
    const { spoolPath, receivedAt: at, ...rest } = input
    const known = this.#find({ sha256, ...rest })
    const entry = known ?? { id: newStudyId(at), at, bytes: (await stat(spoolPath)).size, sha256, ...rest }
    if (!known) await this.#write(entry, spoolPath)
    await removeDurable(spoolPath)
    return entry
  }

  /** Writes an entry that was found damaged again: from memory, from its second copy, or as much of it as its bytes say. False when there are no bytes either. */
  async rewrite(id: string): Promise<boolean> {
    const path = join(this.#root, id, 'entry.json')
    const entry = this.#entries.get(id) ?? await readEntry(`${path}.previous`) ?? await this.#fromBytes(id)
    if (!entry) return false
    await writeFileDurable(path, renderDocument(entry))
    this.#entries.set(id, entry)
    return true
  }

  async #fromBytes(id: string): Promise<QuarantineEntry | undefined> {
    const path = join(this.#root, id, 'bytes')
    const bytes = await stat(path).then(({ size }) => size, () => undefined)
    if (bytes === undefined) return undefined
    const at = `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T00:00:00.000Z`
    return { id, at, bytes, sha256: await hashFile(path), source: { kind: 'rebuilt', deviceId: 'unknown' }, problem: problem('entry-damaged', 'Why this file was set aside is lost: what was noted of it was damaged on the disk. Look at the file, or send it again from its device.') }
  }

  async #write(entry: QuarantineEntry, spoolPath: string): Promise<void> {
    const staged = join(this.#staging, entry.id)
    try {
      await mkdir(staged)
      await linkOrCopy(spoolPath, join(staged, 'bytes'))
      await writeNewFile(join(staged, 'entry.json'), renderDocument(entry))
      await fsyncDirectory(staged)
      await rename(staged, join(this.#root, entry.id))
    } catch (error) {
      await rm(staged, { recursive: true, force: true })
      throw orStoreFull(error)
    }
    await fsyncDirectory(this.#root)
    this.#entries.set(entry.id, entry)
  }

  #find(sought: Pick<QuarantineEntry, 'sha256' | 'originalName' | 'source'>): QuarantineEntry | undefined {
    return [...this.#entries.values()].find((entry) =>
      entry.sha256 === sought.sha256 && entry.originalName === sought.originalName && entry.source.deviceId === sought.source.deviceId)
  }

  async #load(log: Log): Promise<void> {
    for (const id of (await readdir(this.#root)).filter(isStudyId)) {
      const path = join(this.#root, id, 'entry.json')
      const entry = await readEntry(path) ?? await readEntry(`${path}.previous`)
      if (entry) this.#entries.set(id, entry)
      else log.error('quarantine-entry-damaged', { quarantineId: id })
    }
  }
}

const readEntry = async (path: string): Promise<QuarantineEntry | undefined> => parseDocument(await readFile(path, 'utf8').catch(() => ''))?.data as QuarantineEntry | undefined

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
