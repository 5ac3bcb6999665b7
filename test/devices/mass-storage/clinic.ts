import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceEvent } from '../../../src/domain/device-report.js'
import type { DeviceHost, DeviceLink } from '../../../src/devices/device-kind.js'
import { massStorage } from '../../../src/devices/mass-storage/mass-storage.js'
import type { MassStorageOptions } from '../../../src/devices/mass-storage/options.js'
import type { Arrival, Deliver } from '../../../src/domain/arrival.js'
import type { ImportSession, ListedFile, MediumView } from '../../../src/domain/import-session.js'
import type { Problem } from '../../../src/domain/problem.js'
import { ok } from '../../../src/domain/result.js'
import type { HoldingVisit } from '../../../src/domain/visit.js'
import { decodeFile } from '../../../src/ingest/decode/decode.js'
import { writePng } from '../../../src/pipeline/reader/derived-files.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'

/** A device of the kind on a temporary root, and a store that remembers what was delivered by its content. */
export class StickClinic implements AsyncDisposable {
  readonly arrivals: (Arrival & { readonly sha256: string })[] = []
  readonly problems: Problem[] = []
  readonly events: DeviceEvent[] = []
  deliver: Deliver = () => Promise.resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' }))
  holding: HoldingVisit | undefined
  drawn = 0
  link!: DeviceLink
  private constructor(readonly folder: string, readonly options: Partial<MassStorageOptions>) {}

  static async open(options: Partial<MassStorageOptions> = {}): Promise<StickClinic> {
    const clinic = new StickClinic(await mkdtemp(join(tmpdir(), 'screenpost-stick-')), options)
    await mkdir(clinic.spool)
    await mkdir(clinic.root)
    await clinic.start()
    return clinic
  }

  get root(): string { return join(this.folder, 'media') }
  get spool(): string { return join(this.folder, 'spool') }
  stick(name: string): string { return join(this.root, name) }

  async start(): Promise<void> {
    const options = massStorage.parseOptions({ root: this.root, pollMs: 50, ...this.options })
    if (!options.ok) throw new Error(JSON.stringify(options.error))
    const host: DeviceHost = {
      deviceId: 'usb', spoolFolder: this.spool, stateFolder: join(this.folder, 'devices', 'usb'), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true),
      report: (each) => this.problems.push(each), emit: (event) => this.events.push(event), visit: () => this.holding,
      draw: (path, target) => this.#draw(path, target),
      deliver: async (arrival) => {
        const sha256 = createHash('sha256').update(await readFile(arrival.spoolPath)).digest('hex')
        const result = await this.deliver(arrival)
        if (result.ok) this.arrivals.push({ ...arrival, sha256 })
        return result
      }
    }
    this.link = await massStorage.open(options.value, host)
  }

  /** As the reader's child draws, in this process. */
  async #draw(path: string, target: string): Promise<boolean> {
    this.drawn += 1
    const decoded = await decodeFile(path)
    if (decoded.ok) await writePng(decoded.value.pixels, 0, { size: 'tablet', target })
    return decoded.ok
  }

  get session(): ImportSession { return this.link.session!() as ImportSession }
  medium(id: string): MediumView | undefined { return this.session.media.find((each) => each.id === id) }

  async do<T>(name: string, values: Record<string, unknown>): Promise<T> {
    const result = await this.link.command!({ name, values, by: 'U-1' })
    if (!result.ok) throw new Error(result.error.code)
    return result.value as T
  }

  async files(medium: string): Promise<readonly ListedFile[]> {
    return (await this.do<{ files: ListedFile[] }>('files', { medium, limit: 200 })).files
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true, force: true })
  }
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
