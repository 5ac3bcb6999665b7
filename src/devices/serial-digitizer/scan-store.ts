import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import type { DeviceHost } from '../device-kind.js'
import type { WrittenLine } from './image-spool.js'
import { ImageSpool, dropLines, dropSpool } from './image-spool.js'
import type { ScanHeader } from './messages.js'
import { bytesPerLine } from './messages.js'
import { noteVisit, notedVisit } from './noted-visit.js'
import { noRoom } from './problems.js'
import type { StoredScan } from './session-types.js'
import { TakenScans } from './taken-scans.js'

const ABANDONED_AFTER_MS = 30 * 24 * 3_600_000

/** delivered and its outcome, damaged (the image's checksum), or the problem for which the store took nothing. */
export type FinishOutcome = { readonly outcome: 'stored' | 'duplicate' | 'quarantined' | 'damaged' } | { readonly outcome: 'refused'; readonly problem: Problem }

/** The scans of one device below its spool folder: the one that is coming, and which are in the store already. */
export class ScanStore implements AsyncDisposable {
  #spool: ImageSpool | undefined
  #lines: WrittenLine[] = []
  /** One file operation that takes time after the other. */
  #busy: Promise<unknown> = Promise.resolve()

  private constructor(private readonly folder: string, private readonly host: DeviceHost, readonly taken: TakenScans) {}

  static async open(host: DeviceHost): Promise<ScanStore> {
    const folder = join(host.spoolFolder, 'serial-digitizer', host.deviceId)
    await mkdir(folder, { recursive: true })
    await dropAbandoned(folder, host.clock.now().getTime())
    return new ScanStore(folder, host, await TakenScans.open(join(folder, 'taken')))
  }

  async find(key: string): Promise<StoredScan | undefined> {
    await this.#leave()
    this.#spool = await ImageSpool.find(join(this.folder, key))
    return this.#spool?.stored
  }

  /** An error means that there is no room. A scan that is not of now is of no visit of now either. */
  async begin(key: string, header: ScanHeader, isOfNow: boolean): Promise<Result<void, Problem>> {
    await this.#leave()
    const bytes = bytesPerLine(header) * header.height
    if (!await this.host.hasRoomFor(bytes)) return err(noRoom(bytes))
    this.#spool = await ImageSpool.begin(join(this.folder, key), header)
    await noteVisit(join(this.folder, key), this.host, isOfNow)
    return ok(undefined)
  }

  add(line: WrittenLine): void { this.#lines.push(line) }

  /** Everything added is in its place: the bytes of the lines may be reused. */
  async flush(): Promise<void> {
    const lines = this.#lines
    if (lines.length === 0) return
    this.#lines = []
    await this.#spool?.write(lines)
  }

  /** @returns all lines below it survive a power cut */
  checkpoint(): Promise<number> {
    const spool = this.#spool
    return this.#afterOthers(async () => (await spool?.checkpoint()) ?? 0)
  }

  /** Checks the image, makes it a file and hands it on; remembers it before it resolves. */
  finish(key: string, image: { lines: number; imageCrc: number; serial: string }): Promise<FinishOutcome> {
    return this.#afterOthers(async () => {
      const spool = this.#spool
      if (!spool) return { outcome: 'damaged' }
      await spool.checkpoint()
      if (await spool.imageCrc(image.lines) !== image.imageCrc) return { outcome: 'damaged' }
      await spool.close(image.lines, image.serial)
      const receipt = await this.host.deliver({
        spoolPath: spool.imagePath, receivedAt: this.host.clock.now().toISOString(), originalName: `scan-${spool.header.scanId}.tif`,
        source: { kind: 'serial-digitizer', deviceId: this.host.deviceId }, ...(await notedVisit(join(this.folder, key), this.host))
      })
      if (!receipt.ok) return { outcome: 'refused', problem: receipt.error }
      await this.taken.add(key)
      return { outcome: receipt.value.outcome }
    })
  }

  drop(key: string): Promise<void> { return this.#leave(() => dropSpool(join(this.folder, key))) }

  /** For a scan that is fetched anew: it is still of the visit that was noted. */
  dropLines(key: string): Promise<void> { return this.#leave(() => dropLines(join(this.folder, key))) }

  /** Lines that came are kept for the next time. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
    await this.checkpoint()
    await this.#leave()
  }

  #leave(then: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    return this.#afterOthers(async () => {
      await this.#spool?.[Symbol.asyncDispose]()
      this.#spool = undefined
      await then()
    })
  }

  #afterOthers<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#busy.then(task)
    this.#busy = result.catch(() => undefined)
    return result
  }
}

/** Parts of scans that no device has asked about for a month. */
async function dropAbandoned(folder: string, nowMs: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && nowMs - (await stat(path)).mtimeMs > ABANDONED_AFTER_MS) await dropSpool(path)
  }
}
