import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream'
import { finished as finishedAsync } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { FileStore } from '@tus/file-store'
import { StoreFullError } from '../domain/errors.js'
import type { Clock } from '../platform/clock.js'
import { RoomGuard } from '../platform/room-guard.js'

type Room = (bytes: number) => Promise<boolean>
type Touched = { readonly name: string; readonly idleMs: number }

const KEEP_MS = 24 * 60 * 60_000
const KEEP_WHEN_SHORT_MS = 60 * 60_000

/** What tus answers when the room ran out: its last answer is made of this. */
export const NO_ROOM = { status_code: 507, body: 'store-full' } as const

/** The unfinished uploads: never more of them on the disk than the reserve allows. */
export class UnfinishedUploads extends FileStore {
  constructor(directory: string, private readonly hasRoom: Room, private readonly clock: Clock) {
    super({ directory })
  }

  /** Whether an upload of that size can be taken with all that was announced before; where not, those left alone for an hour go first. */
  async hasRoomFor(bytes: number): Promise<boolean> {
    if (await this.hasRoom(bytes + (await this.#toCome()))) return true
    return this.#dropUntil(KEEP_WHEN_SHORT_MS, async () => this.hasRoom(bytes + (await this.#toCome())))
  }

  /** Nobody went on with them for a day, or for an hour when room is short. @tus/server's own expiration asks for an upload after its last answer, when ours is gone, and says 404. */
  async removeForgotten(): Promise<void> {
    await this.#dropUntil(KEEP_MS, () => Promise.resolve(false))
    if (!(await this.hasRoom(0))) await this.#dropUntil(KEEP_WHEN_SHORT_MS, () => this.hasRoom(0))
  }

  /** What came before the room ran out stays, to be gone on with. The rest is read to its end: its sender waits for that, and for the answer. */
  override async write(readable: Readable, id: string, offset: number): Promise<number> {
    const guard = new RoomGuard(this.hasRoom)
    let isFull = false
    guard.once('error', (error) => { isFull = error instanceof StoreFullError })
    finished(readable, (error) => { if (error) guard.destroy(error) })
    try {
      return await super.write(readable.pipe(guard), id, offset)
    } catch (error) {
      if (!isFull) throw error
      readable.resume()
      await finishedAsync(readable).catch(() => undefined)
      throw NO_ROOM
    }
  }

  async #toCome(): Promise<number> {
    const uploads = await Promise.all((await this.#names()).map((name) => this.getUpload(name).catch(() => undefined)))
    return uploads.reduce((sum, upload) => sum + Math.max(0, (upload?.size ?? 0) - (upload?.offset ?? 0)), 0)
  }

  async #dropUntil(keepMs: number, isEnough: () => Promise<boolean>): Promise<boolean> {
    for (const { name, idleMs } of await this.#oldestFirst()) {
      if (idleMs <= keepMs) break
      await this.remove(name)
      if (await isEnough()) return true
    }
    return false
  }

  async #oldestFirst(): Promise<Touched[]> {
    const now = this.clock.now().getTime()
    const touched = await Promise.all((await this.#names()).map(async (name) => ({ name, at: await stat(join(this.directory, name)).catch(() => undefined) })))
    return touched.flatMap(({ name, at }) => (at ? [{ name, idleMs: now - at.mtimeMs }] : [])).sort((a, b) => b.idleMs - a.idleMs)
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.directory)).filter((name) => !name.endsWith('.json'))
  }
}
