import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArrivalSource } from '../domain/arrival.js'
import { NotFoundError } from '../domain/errors.js'
import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { emptyFolder, fsyncDirectory, linkOrCopy, makeDirectoryDurable, removeDurable, writeNewFile } from '../platform/durable-fs.js'
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
      const text = await readFile(join(this.#root, id, 'entry.json'), 'utf8').catch(() => '')
      const entry = parseDocument(text)?.data as QuarantineEntry | undefined
      if (entry) this.#entries.set(id, entry)
      else log.error('quarantine-entry-damaged', { quarantineId: id })
    }
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
