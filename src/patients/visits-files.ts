import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedError, NotFoundError } from '../domain/errors.js'
import type { Visit, VisitId } from '../domain/visit.js'
import { VISIT_ID_PATTERN } from '../domain/visit.js'
import { isErrno, makeDirectoryDurable, moveFileDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { JsonDocument, renderDocument } from '../store/durable-document.js'

const OPEN = 'open'
const idsIn = (names: readonly string[]): VisitId[] => names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5)).filter((id) => VISIT_ID_PATTERN.test(id))

/**
 * One durable document a visit: `<folder>/open/<id>.json` while it is open, `<folder>/<yyyy>/<mm>/<id>.json` afterwards.
 * What is open is a listing of one folder, so a start costs nothing of the archive.
 */
export class VisitFiles {
  private constructor(private readonly folder: string, private readonly log: Log) {}

  static async open(folder: string, log: Log): Promise<VisitFiles> {
    await makeDirectoryDurable(folder)
    await makeDirectoryDurable(join(folder, OPEN))
    return new VisitFiles(folder, log)
  }

  /** All open visits; a closed one that a power cut left among them is put away, and an older version of one that was put away is removed. A damaged one costs that visit only. */
  async loadOpen(): Promise<Visit[]> {
    await this.#removeLeftOvers()
    const visits = await this.#readAll(idsIn(await readdir(join(this.folder, OPEN))), (id) => this.#openPath(id))
    const [open, closed] = [visits.filter(({ closedAt }) => closedAt === undefined), visits.filter(({ closedAt }) => closedAt !== undefined)]
    for (const { id } of closed) await this.#putAway(id)
    return open
  }

  /** The closed visits that were opened on these days, `yyyymmdd`. */
  async loadClosed(days: readonly string[]): Promise<Visit[]> {
    const months = [...new Set(days.map((day) => join(this.folder, day.slice(0, 4), day.slice(4, 6))))]
    const names = (await Promise.all(months.map((month) => readdir(month).catch(() => [])))).flat()
    return this.#readAll(idsIn(names).filter((id) => days.includes(id.slice(2, 10))), (id) => this.#closedPath(id))
  }

  /** Durable on return; a closed visit is put away with it. @throws StoreFullError */
  async write(visit: Visit, wasOpen: boolean): Promise<void> {
    if (!wasOpen) await makeDirectoryDurable(join(this.folder, visit.id.slice(2, 6))).then(() => makeDirectoryDurable(this.#month(visit.id)))
    const document = await JsonDocument.open<Visit>(wasOpen ? this.#openPath(visit.id) : this.#closedPath(visit.id), visit)
    await document.change(() => visit)
    if (wasOpen && visit.closedAt !== undefined) await this.#putAway(visit.id)
  }

  /** In place of a file that was found damaged. */
  async rewrite(visit: Visit): Promise<void> {
    await writeFileDurable(visit.closedAt === undefined ? this.#openPath(visit.id) : this.#closedPath(visit.id), renderDocument(visit))
  }

  /** @throws NotFoundError, DamagedError */
  async read(id: VisitId): Promise<Visit> {
    const visit = VISIT_ID_PATTERN.test(id) ? await this.#find(this.#closedPath(id)) ?? await this.#find(this.#openPath(id)) : undefined
    if (!visit) throw new NotFoundError('There is no such visit. Go back to the list of visits.')
    return visit
  }

  async #find(path: string): Promise<Visit | undefined> {
    return (await JsonDocument.open<Visit | null>(path, null)).data ?? undefined
  }

  async #putAway(id: VisitId): Promise<void> {
    await makeDirectoryDurable(join(this.folder, id.slice(2, 6)))
    await makeDirectoryDurable(this.#month(id))
    await moveFileDurable(this.#openPath(id), this.#closedPath(id)).catch((error: unknown) => { if (!isErrno(error, 'ENOENT')) throw error })
    await removeDurable(`${this.#openPath(id)}.previous`)
  }

  /** A visit that was closed stays closed, whatever a power cut brought back of it. */
  async #removeLeftOvers(): Promise<void> {
    const names = await readdir(join(this.folder, OPEN))
    for (const id of new Set(idsIn(names.map((name) => name.replace(/\.previous$/, ''))))) {
      if (!(await this.#isPutAway(id))) continue
      await removeDurable(this.#openPath(id))
      await removeDurable(`${this.#openPath(id)}.previous`)
    }
  }

  async #isPutAway(id: VisitId): Promise<boolean> {
    const closed = await this.#find(this.#closedPath(id)).catch((error: unknown) => {
      if (error instanceof DamagedError) return undefined
      throw error
    })
    return closed?.closedAt !== undefined
  }

  async #readAll(ids: readonly VisitId[], pathOf: (id: VisitId) => string): Promise<Visit[]> {
    const visits: Visit[] = []
    for (const id of ids) {
      try {
        const visit = await this.#find(pathOf(id))
        if (visit) visits.push(visit)
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error
        this.log.error('visit-damaged', { visitId: id })
      }
    }
    return visits
  }

  #openPath(id: VisitId): string { return join(this.folder, OPEN, `${id}.json`) }
  #month(id: VisitId): string { return join(this.folder, id.slice(2, 6), id.slice(6, 8)) }
  #closedPath(id: VisitId): string { return join(this.#month(id), `${id}.json`) }
}
