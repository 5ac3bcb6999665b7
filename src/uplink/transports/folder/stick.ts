import { lstat, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { problem, type Problem } from '../../../domain/problem.js'
import { freeBytes } from '../../../platform/disk-space.js'
import { makeDirectoryDurable, removeDurable } from '../../../platform/durable-fs.js'
import { manifestOf, type ExportState } from './export-state.js'
import { readForeignText, sealFile } from './seal.js'
import { MANIFEST, MOST_RECEIPTS_BYTES, OBJECTS, readReceipts, RECEIPTS, STICK_ROOT, type StickReceipts } from './stick-format.js'

const RESERVE_BYTES = 1024 * 1024

/** The medium that objects leave on. */
export class Stick {
  constructor(private readonly folder: string, private readonly options: { readonly notOn: string | undefined }) {}

  /** Why nothing can be written there now: no stick, or the appliance's own disk where the stick should be. */
  async problem(): Promise<Problem | undefined> {
    const there = await stat(this.folder).catch(() => undefined)
    const own = this.options.notOn === undefined ? undefined : await deviceOf(this.options.notOn)
    if (!there?.isDirectory() || own === there.dev) return problem('no-stick', `There is no stick at ${this.folder}. Plug one in; it goes on by itself.`)
    return undefined
  }

  async hasRoomFor(bytes: number): Promise<boolean> {
    return (await freeBytes(this.folder)) - bytes >= RESERVE_BYTES
  }

  async has({ exportId }: Pick<ExportState, 'exportId'>): Promise<boolean> {
    return isPlain(join(this.pathOf(exportId), MANIFEST))
  }

  async putObject({ exportId, recipient }: ExportState, file: string, bytes: Uint8Array): Promise<void> {
    await makeDirectoryDurable(join(this.pathOf(exportId), OBJECTS))
    await sealFile(join(this.pathOf(exportId), OBJECTS, file), bytes, recipient)
  }

  async putManifest(state: ExportState): Promise<void> {
    await makeDirectoryDurable(this.pathOf(state.exportId))
    await sealFile(join(this.pathOf(state.exportId), MANIFEST), Buffer.from(JSON.stringify(manifestOf(state))), state.recipient)
  }

  /** What the centre wrote of an export, when it did and its signature holds. */
  async receiptsOf(state: ExportState): Promise<StickReceipts | undefined> {
    const text = await readForeignText(join(this.pathOf(state.exportId), RECEIPTS), MOST_RECEIPTS_BYTES).catch(() => undefined)
    return text === undefined ? undefined : readReceipts(text, state)
  }

  /** Frees the place of what the centre keeps. */
  async remove({ exportId }: Pick<ExportState, 'exportId'>): Promise<void> {
    await removeDurable(this.pathOf(exportId))
  }

  private pathOf(exportId: string): string {
    return join(this.folder, STICK_ROOT, exportId)
  }
}

/** Of the path, or of the nearest folder above it that is there. */
const deviceOf = (path: string): Promise<number> => stat(path).then(({ dev }) => dev, () => deviceOf(dirname(path)))

const isPlain = async (path: string): Promise<boolean> => (await lstat(path).catch(() => undefined))?.isFile() ?? false
